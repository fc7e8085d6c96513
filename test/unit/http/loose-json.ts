/** JSON that a test looks into without telling its shape first: what is not there is undefined, and the test says so. */
// biome-ignore lint/suspicious/noExplicitAny: a type for every answer would repeat the schemas that openapi.test.ts holds
export type LooseJson = any
