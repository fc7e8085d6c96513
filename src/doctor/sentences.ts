/** The shape of what the doctor can say. Pure. */

/** Words, or what makes them of the values that a finding hands out. */
export type Sentence = string | ((values: never) => string)

/** By code: what was seen, and what to do where something is to be done. */
export type Sentences = Readonly<Record<string, { what: Sentence; fix?: Sentence }>>
