/**
 * Which sentence of the catalogues a stable code of the server's has. Pure: a test walks the server's own tables, so that
 * no code is left without.
 */

/** What a code is one of. */
export type ReasonKind =
  | 'why' // a message is as it is
  | 'problem' // a request was refused
  | 'file.why' // a file that came is not here
  | 'mms.why' // picture messages do or do not work
  | 'texts.why' // nothing goes through a modem
  | 'heal.why' // a modem was helped
  | 'hook.why' // a webhook was not taken
  | 'backup.why'
  | 'modem.is'
  | 'signal.is'
  | 'port.is'
  | 'warn' // of the Signal account

/** Where a sentence is looked for that its own kind does not have. */
const COMMON: readonly ReasonKind[] = ['why', 'problem', 'mms.why']

/** Codes that mean one thing to an owner, by the sentence for them. */
const ALIKE = {
  'wrong-number': 'cms-1 cms-195 mms-84 mms-e3',
  'phone-away': 'cms-27',
  'network-now':
    'cms-29 cms-38 cms-41 cms-42 cms-47 cms-192 cms-194 cms-331 cms-332 cms-512 cms-513 cms-514 cme-30 cme-31 cme-32',
  'modem-unavailable': 'cms-301 cms-302 cms-314 cms-320 cms-515 cms-527 cme-14 cme-515',
  barred: 'cms-8 cms-10 cms-50 cms-69',
  sim: 'cms-193 cms-310 cms-311 cms-312 cms-313 cms-315 cms-316 cms-317 cms-318 cms-330 cme-10 cme-11 cme-12 cme-13 cme-15 cme-16 cme-17 cme-18',
  'not-found':
    'unknown-message unknown-contact unknown-conversation unknown-group unknown-picture unknown-attachment unknown-user unknown-webhook unknown-delivery unknown-backup unknown-modem no-such-modem unknown-quote group-not-found',
  mention: 'mention-outside mention-overlaps mention-unmarked mention-not-member',
  'no-route': 'ehostunreach enetunreach',
  untrusted:
    'depth-zero-self-signed-cert self-signed-cert-in-chain unable-to-verify-leaf-signature unable-to-get-issuer-cert-locally unable-to-get-issuer-cert',
  storage: 'cms-208 cms-209 cms-211 cms-322 cme-20',
  cms: 'error garbled failed',
}
const SENTENCES: ReadonlyMap<string, string> = new Map(
  Object.entries(ALIKE).flatMap(([sentence, codes]) =>
    codes.split(' ').map((code): [string, string] => [code, sentence]),
  ),
)

/** The names of the sentences for a code, the closest first: its own or that of all like it, then that of its family. */
export function sentencesOf(code: string): readonly string[] {
  const family = /^(cm[se]|mms|http)-/.exec(code)?.[1]
  const own = SENTENCES.get(code) ?? code
  return family === undefined ? [own] : [own, family === 'cme' ? 'cms' : family]
}

/** The keys of the sentences for a code, the closest first. */
export function sentenceKeys(code: string, kind: ReasonKind): readonly string[] {
  return [kind, ...COMMON].flatMap((place) => [code, ...sentencesOf(code)].map((name) => `${place}.${name}`))
}
