/**
 * What is in the words of a stored reason or of a refused request beside its code (a limit, a span, a time), so that it can
 * be said in another language without losing the figures. Pure.
 */

/** Numbers (sizes in bytes), spans and times as ISO 8601, names. */
export type ToldValues = Readonly<Record<string, string | number>>

/** Of what is kept with messages and files. */
const KEPT = {
  'no-receipt': ['after'],
  'signal-unreachable': ['after'],
  'validity-expired': ['after'],
  'quiet-hours': ['hours', 'zone'],
  'quota-exceeded': ['max', 'period', 'left', 'parts', 'until'],
  'resend-when-uncertain': ['again', 'parts'],
  'text-too-long': ['parts', 'max'],
  'mms-too-many-recipients': ['count', 'max'],
  'media-too-large': ['bytes_max'],
  'too-large': ['bytes_max'],
  cut: ['came', 'of'],
} as const

/** Of requests that were refused. What is here stands in the sentence beside it already: nothing is told to anybody new. */
export const REFUSED = {
  // One field of a body: `of` is what zod calls its kind.
  'too-big': ['max', 'of'],
  'too-small': ['min', 'of'],
  'invalid-request': ['max'],
  'too-slow': ['after'],
  'too-many-requests': ['max'],
  'too-many-users': ['max'],
  'too-many-webhooks': ['max'],
  'user-exists': ['name'],
  'invalid-address-book': ['people', 'numbers'],
  'edit-too-often': ['max'],
  'wrong-state': ['open'],
  'cannot-merge': ['open'],
  'cannot-split': ['open'],
  'group-words': ['title_max', 'description_max'],
  'profile-too-long': ['field', 'max', 'octets'],
  'username-invalid': ['min', 'max'],
  'signal-pin-short': ['min'],
  'signal-pin-wrong': ['left'],
  'sim-pin-refused': ['left'],
  'sim-pin-known-wrong': ['left'],
} as const

/** By code. One that is missing here has no figures, or none that tell anybody anything. */
export const TOLD = { ...KEPT, ...REFUSED } as const

type ToldCode = keyof typeof TOLD

/** A code with the values that belong to it. */
export function told<C extends ToldCode>(
  code: C,
  values: Readonly<Record<(typeof TOLD)[C][number], string | number>>,
): { code: C; values: ToldValues } {
  return { code, values }
}

/** Both, as a message keeps them. */
export function keptTold<C extends ToldCode>(code: C, values: Parameters<typeof told<C>>[1]) {
  return { code, values_json: keptValues(code, values) }
}

/** For a `values_json` column. The code goes with them: a later reason, of another code, does not inherit them. */
export function keptValues(code: string, values: ToldValues | undefined): string | null {
  return values === undefined ? null : JSON.stringify({ ...values, code })
}

/** What was kept for a reason of this code; nothing where it has none, or was written down before they were kept. */
export function valuesKept(json: string | null, code: string | null): ToldValues {
  if (json === null) return {}
  const { code: theirs, ...values }: ToldValues = JSON.parse(json)
  return theirs === code ? values : {}
}
