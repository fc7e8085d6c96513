/**
 * What an answer may say, as a test looks into it without telling its shape first: the fields of all answers that the API
 * describes, at each place together. What is not there is undefined or null all the same, and the test says so; that each
 * answer has its own fields and no others is held by openapi.test.ts.
 */
import type { z } from 'zod'
import type { driverAnswers } from '../../../src/http/openapi/driver-shapes.ts'
import type { inboxAnswers } from '../../../src/http/openapi/inbox-shapes.ts'
import type { messageAnswers } from '../../../src/http/openapi/message-shapes.ts'
import type { peopleAnswers } from '../../../src/http/openapi/people-shapes.ts'
import type { problem } from '../../../src/http/openapi/shapes.ts'
import type { systemAnswers } from '../../../src/http/openapi/system-shapes.ts'
import type { webhookAnswers, webhookBody } from '../../../src/http/openapi/webhook-shapes.ts'

type ValueOf<Table> = Table[keyof Table]

type Described = z.infer<
  | ValueOf<typeof driverAnswers>
  | ValueOf<typeof inboxAnswers>
  | ValueOf<typeof messageAnswers>
  | ValueOf<typeof peopleAnswers>
  | ValueOf<typeof systemAnswers>
  | ValueOf<typeof webhookAnswers>
  | typeof problem
>

type Plain = string | number | boolean
type NameIn<Some> = Some extends unknown ? keyof Some : never
type FieldOf<Some, Name> = Some extends unknown ? (Name extends keyof Some ? Some[Name] : never) : never
type RowOf<Some> = Some extends readonly (infer Row)[] ? Row : never
type RecordOf<Some> = Exclude<Some, Plain | readonly unknown[] | null | undefined>

/** As a test reads them: whether there are so many, it says itself. */
type Rows<Row> = [Row, Row, Row, Row, Row, Row, ...Row[]]

/** Where one answer has rows or fields and another has a word, the word is left out. */
type Looked<Some> = [RowOf<Some> | RecordOf<Some>] extends [never]
  ? Extract<Some, Plain>
  :
      | ([RowOf<Some>] extends [never] ? never : Rows<Looked<RowOf<Some>>>)
      | ([RecordOf<Some>] extends [never]
          ? never
          : { [Name in NameIn<RecordOf<Some>>]: Looked<FieldOf<RecordOf<Some>, Name>> })

export type Answer = Looked<Described>
export type WebhookCall = Looked<z.infer<typeof webhookBody>>

/** What the test has looked for. Throws where it is not there. */
export function present<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error('what the test looked for is not in the answer')
  return row
}
