/** The shape of what the owner says of picture messages: their section, and each modem's carrier. */
import { z } from 'zod'
import { count, duration, flag, size, text, url } from './leaves.ts'
import { ppp } from './ppp-schema.ts'

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

export const modemMms = z
  .strictObject({
    carrier: z
      .string()
      .regex(/^[\w.-]{1,80}$/, { message: 'write auto, or an id of causeway mms carriers' })
      .prefault('auto')
      .describe(
        'Whose settings are used: an id of `causeway mms carriers`, or `auto` for the one that the SIM belongs to. Where several fit as well, the doctor says which, and nothing is guessed. Not looked at where `apn` and `mmsc` are written.',
      ),
    apn: text.min(1).optional().describe('Access point name for MMS, for settings by hand; with `mmsc`.'),
    auth: z.enum(['none', 'pap', 'chap']).optional().describe('How the access point wants user and password; `none`.'),
    user: text.optional().describe('User at the access point.').meta({ private: true }),
    password: text.optional().describe('Its password.').meta({ writeOnly: true }),
    mmsc: url.optional().describe('Address of the MMSC, as `http://mmsc.example.net/mms`; with `apn`.'),
    proxy: host.optional().describe('The MMS proxy, as `10.1.2.3:8080`. Without it the MMSC is asked directly.'),
    bearer: z
      .enum(['interface', 'modem-socket', 'ppp', 'embedded'])
      .optional()
      .describe(
        'The way to the carrier: `interface`, a network interface that is bound to the access point; `modem-socket`, the TCP socket inside of the modem (Quectel, SIMCom); `ppp`, a connection that the gateway dials; or `embedded`, experimental, the modem’s own MMS commands, which send and never receive (SIMCom 2G, Quectel). Left out: `interface` where one is named, `ppp` where that is set, else `modem-socket`.',
      ),
    interface: text
      .regex(/^[\w.-]{1,15}$/, { message: 'write the name of a network interface, as wwan0' })
      .optional()
      .describe('The network interface, as `wwan0`.'),
    gateway: z
      .union([z.ipv4(), z.ipv6()])
      .optional()
      .describe('Next hop on that interface, where it is no point-to-point link.'),
    ppp,
    dns: z
      .array(text)
      .optional()
      .describe('Resolvers of the carrier, literal addresses. Without them those that its settings or the modem have.'),
    bytes_max: size
      .optional()
      .describe(
        'What the carrier takes, the whole message. Without it 300 KB; what it refuses as too large lowers it.',
      ),
    recipients_max: count.optional().describe('Recipients of one message; 10 for settings by hand.'),
    append_transaction_id: flag
      .optional()
      .describe(
        'Message addresses that end in `message-id=` want the transaction behind them (Verizon and its heirs).',
      ),
    answer_at_location: flag.optional().describe('Answers go to the message’s own address.'),
    user_agent: text.optional().describe('As whom we ask, where the carrier looks at it.'),
    profile_url: url.optional().describe('Address of a phone’s profile, where the carrier looks at it.'),
    profile_header: text.optional().describe('The header that carries it; `x-wap-profile`.'),
    headers: z
      .record(z.string().regex(/^[\w-]{1,60}$/), text.max(500))
      .prefault({})
      .describe('Further headers, as `X-VzW-MDN: "1{{msisdn_national}}"`.')
      .meta({ private: true }),
  })
  .superRefine((mms, context) => {
    const wrong = (key: string, message: string) => context.addIssue({ code: 'custom', message, path: [key] })
    if (mms.apn !== undefined && mms.mmsc === undefined) wrong('mmsc', 'settings by hand need apn and mmsc')
    if (mms.mmsc !== undefined && mms.apn === undefined) wrong('apn', 'settings by hand need apn and mmsc')
    for (const key of ['auth', 'user', 'password', 'proxy'] as const) {
      if (mms[key] !== undefined && mms.mmsc === undefined)
        wrong(key, 'belongs to settings by hand: write apn and mmsc')
    }
    if (mms.bearer === 'interface' && mms.interface === undefined) wrong('interface', 'say which interface')
    if (mms.bearer !== undefined && mms.bearer !== 'interface' && mms.interface !== undefined) {
      wrong('interface', `a bearer ${mms.bearer} needs none`)
    }
    if (mms.bearer !== undefined && mms.bearer !== 'ppp' && mms.ppp !== undefined) wrong('ppp', 'belongs to bearer ppp')
    if (mms.bearer === undefined && mms.interface !== undefined && mms.ppp !== undefined) {
      wrong('bearer', 'say which of the two it is: interface or ppp')
    }
    if (mms.gateway !== undefined && mms.interface === undefined) wrong('gateway', 'belongs to an interface')
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
    strangers_bytes_max: z
      .union([z.literal('0').transform(() => 0), size], { error: 'write a size like 500KB, or 0' })
      .prefault('300KB')
      .describe(
        'Of numbers that you have neither named nor written to larger ones are fetched when you ask, like all in `deferred` mode. `0` fetches nothing of theirs by itself.',
      ),
    send_bytes_max: size
      .optional()
      .describe('Send no larger ones, whatever the carrier takes: a smaller message may cost less.'),
    groups: z
      .enum(['together', 'apart'])
      .prefault('together')
      .describe(
        'How new groups of phone numbers are written to: one message for all, or a text for each, which may cost less. Each group can be told otherwise (`texts_apart`).',
      ),
    timeout: duration
      .prefault('PT1M')
      .describe('How long a carrier may be silent in an exchange; then it is tried again. GPRS takes half a minute.'),
    delivery_reports: flag.prefault('true').describe('Ask the carrier to report what became of what we send.'),
    read_reports: flag.prefault('false').describe('Ask their phones to report that it was read.'),
    allow_reports: flag.prefault('false').describe('Let senders hear that their message has arrived here.'),
    send_read_reports: flag
      .prefault('false')
      .describe('Let senders who ask for it hear that their message was read here, once.'),
    long_text_parts: count
      .optional()
      .describe(
        'A text that would take more parts than this goes as one picture message, where MMS is set up. Left out: texts stay texts, however long (a picture message may cost more).',
      ),
  })
  .prefault({})
  .describe('Picture messages over the phone network. Each modem has the settings of its carrier (`modems[].mms`).')
