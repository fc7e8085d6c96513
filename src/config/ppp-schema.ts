/** The shape of what the owner says of a connection that is dialled for picture messages (`modems[].mms.ppp`). */
import { z } from 'zod'
import { count, flag, text } from './leaves.ts'

const path = text.regex(/^\/[\w./:+@-]{1,250}$/, { message: 'write a whole path, as /dev/ttyUSB3' })
const numberUpTo = (least: number, most: number) =>
  z
    .string()
    .refine((value) => /^\d{1,4}$/.test(value) && Number(value) >= least && Number(value) <= most, {
      message: `write a number from ${least} to ${most}`,
    })
    .transform(Number)

export const ppp = z
  .strictObject({
    port: path
      .optional()
      .describe(
        'The port that is dialled on, best by its stable name (`/dev/serial/by-id/…`). Left out: the modem’s data port, else its second AT port. Naming the port that texts use is possible: they stop while a message is carried, ten minutes at most.',
      ),
    context: numberUpTo(1, 16)
      .optional()
      .describe('The modem’s data context; 3. Not 1, with which LTE attaches, unless your carrier wants that.'),
    unit: numberUpTo(0, 255)
      .optional()
      .describe('The interface is `ppp` and this number; else the first that is free.'),
    baud_rate: count.optional().describe('Speed of the port; 115200. USB modems do not mind.'),
    carrier_detect: flag
      .optional()
      .describe('The port tells the end of a call (DCD); `true`. With `false` only silence does.'),
    pppd: path.optional().describe('Where `pppd` is; `/usr/sbin/pppd`.'),
    chat: path.optional().describe('Where `chat` is; `/usr/sbin/chat`.'),
    peer: text
      .regex(/^\w[\w.-]{0,60}$/, { message: 'write the name of a file in /etc/ppp/peers' })
      .optional()
      .describe(
        'File in `/etc/ppp/peers` with the options that only root may give, for a gateway that is not root (`systemd/mms-ppp.conf` says what stands in it).',
      ),
  })
  .optional()
  .describe('The connection that `bearer: ppp` dials with `pppd`.')
