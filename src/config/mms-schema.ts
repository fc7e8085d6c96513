/** The shape of what the owner says of picture messages: their section, and each modem's carrier. */
import { z } from 'zod'
import { count, flag, size, text, url } from './leaves.ts'

const host = z
  .string()
  .refine(
    (value) => /^(?:\[[0-9a-fA-F:]+\]|[^:[\]\s/]+):\d{1,5}$/.test(value) && Number(value.split(':').at(-1)) <= 65_535,
    {
      message: 'write a name or address and a port, as 10.1.2.3:8080',
    },
  )
  .transform((value) => {
    const at = value.lastIndexOf(':')
    return { host: value.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(value.slice(at + 1)) }
  })

export const carrier = z.strictObject({
  apn: text.min(1).describe('Access point name for MMS.'),
  auth: z.enum(['none', 'pap', 'chap']).prefault('none').describe('How the access point wants user and password.'),
  user: text.optional().describe('User at the access point.'),
  password: text.optional().describe('Its password.'),
  mmsc: url.describe('Address of the MMSC, as `http://mmsc.example.net/mms`.'),
  proxy: host.optional().describe('The MMS proxy, as `10.1.2.3:8080`. Without it the MMSC is asked directly.'),
  dns: z
    .array(text)
    .prefault([])
    .describe('Resolvers of the carrier, literal addresses. Without them those of the bearer.'),
  interface: text
    .regex(/^[\w.-]{1,15}$/, { message: 'write the name of a network interface, as wwan0' })
    .optional()
    .describe('A network interface that is bound to the access point. Without it the modem’s own sockets are used.'),
  bytes_max: size
    .optional()
    .describe('What the carrier takes, the whole message. Without it 300 KB; what it refuses as too large lowers it.'),
  recipients_max: count.prefault('10').describe('Recipients of one message.'),
  append_transaction_id: flag
    .prefault('false')
    .describe('Message addresses that end in `message-id=` want the transaction behind them (Verizon and its heirs).'),
  answer_at_location: flag.prefault('false').describe('Answers go to the message’s own address.'),
  user_agent: text.optional().describe('As whom we ask, where the carrier looks at it.'),
  profile_url: url.optional().describe('Address of a phone’s profile, where the carrier looks at it.'),
  profile_header: text.prefault('x-wap-profile').describe('The header that carries it.'),
  headers: z
    .record(z.string().regex(/^[\w-]{1,60}$/), text.max(500))
    .prefault({})
    .describe('Further headers, as `X-VzW-MDN: "1{{msisdn_national}}"`.'),
})

export const mmsSection = z
  .strictObject({
    mode: z
      .enum(['immediate', 'deferred'])
      .prefault('immediate')
      .describe('`immediate` fetches what is announced; `deferred` tells you, and fetches when you ask.'),
    bytes_max: size
      .prefault('5MB')
      .describe(
        'Larger ones are left at the carrier, and you are told. At most 5 MB is taken whatever is written here.',
      ),
    send_bytes_max: size
      .optional()
      .describe('Send no larger ones, whatever the carrier takes: a smaller message may cost less.'),
    delivery_reports: flag.prefault('true').describe('Ask the carrier to report what became of what we send.'),
    read_reports: flag.prefault('false').describe('Ask their phones to report that it was read.'),
    allow_reports: flag.prefault('false').describe('Let senders hear that their message has arrived here.'),
  })
  .prefault({})
  .describe('Picture messages over the phone network. Each modem has the settings of its carrier (`modems[].mms`).')
