/** The shape of what the doctor says: a sentence, or one that is made with the values of the finding. Types alone. */

export type Sentence = string | ((values: never) => string)

/** By code: what was seen, and what to do where something is to be done. */
export type Sentences = Readonly<Record<string, { what: Sentence; fix?: Sentence }>>
