/** MMS commands of Quectel modules (EC2x, UC20): AT+QMMSCFG, QMMSEDIT, QMMSEND, files in RAM by QFUPL. They send only. */
import { quoted } from '../bearer/at-dialect.ts'
import { type EmbeddedDialect, may, must, OPENING_TIMEOUT_MS, SENDING_TIMEOUT_MS, upload, uploadMs } from './dialect.ts'

/** As for its sockets; 1 is what LTE attaches with. */
const CONTEXT = 3
const AUTH = { none: 0, pap: 1, chap: 2 } as const
const FIELD = { to: 1, title: 4, file: 5 } as const
const ADD = 1
const TEXT_NAME = 'text.txt'

export const QUECTEL_MMS: EmbeddedDialect = {
  limits: {
    recipientsMax: 10,
    subjectBytesMax: 40,
    textBytesMax: 10_000,
    filesMax: 5,
    filesBytesMax: 290_000,
    media: /^(?:image|audio|video|text)\//,
  },
  probe: () => must('AT+QMMSCFG=?').command,
  prepare: ({ apn, mmsc, proxy }) => [
    must(`AT+QICSGP=${CONTEXT},1,${quoted(apn.apn)},${quoted(apn.user)},${quoted(apn.password)},${AUTH[apn.auth]}`),
    may(`AT+QIACT=${CONTEXT}`, OPENING_TIMEOUT_MS),
    must(`AT+QMMSCFG="contextid",${CONTEXT}`),
    must(`AT+QMMSCFG="mmsc",${quoted(mmsc)}`),
    ...(proxy === null ? [] : [must(`AT+QMMSCFG="proxy",${quoted(proxy.host)},${proxy.port}`)]),
    must('AT+QMMSCFG="character","UTF8"'),
    must('AT+QMMSEDIT=0'),
    may('AT+QFDEL="RAM:*"'),
  ],
  compose: ({ to, subject, text, files }) => {
    const words = text === '' ? [] : [{ name: TEXT_NAME, octets: Buffer.from(text, 'utf8') }]
    return [
      ...to.map((number) => must(`AT+QMMSEDIT=${FIELD.to},${ADD},${quoted(number)}`)),
      ...(subject === '' ? [] : [must(`AT+QMMSEDIT=${FIELD.title},${ADD},${wide(subject)}`)]),
      ...[...words, ...files].flatMap(({ name, octets }) => [
        upload(`AT+QFUPL="RAM:${name}",${octets.length},${Math.ceil(uploadMs(octets.length) / 1000)}`, octets),
        must(`AT+QMMSEDIT=${FIELD.file},${ADD},"RAM:${name}"`),
      ]),
    ]
  },
  send: () => ({
    text: `AT+QMMSEND=${SENDING_TIMEOUT_MS / 1000}`,
    info: [{ prefix: '+QMMSEND:', accepts: (fields) => fields.length >= 1 }],
    infoRequired: true,
    lateInfoMs: SENDING_TIMEOUT_MS,
    lateInfoIsWhole: () => true,
    timeoutMs: SENDING_TIMEOUT_MS,
    parse: (lines) => {
      const [, error, status] = /^\+QMMSEND: (\d+)(?:,(\d+))?$/.exec(lines[0] ?? '') ?? []
      if (error !== '0') throw new Error(`the module says that sending failed (+QMMSEND: ${error ?? 'something else'})`)
      return status === undefined ? undefined : Number(status)
    },
    retry: 'unsafe',
  }),
  clear: () => [may('AT+QMMSEDIT=0'), may('AT+QFDEL="RAM:*"'), may(`AT+QIDEACT=${CONTEXT}`, OPENING_TIMEOUT_MS)],
}

/** UTF-8 as octets of the line; a quote would end it. */
function wide(text: string): string {
  return `"${Buffer.from(text.replaceAll('"', "'"), 'utf8').toString('latin1')}"`
}
