/**
 * What schemas of answers are made of. The answers themselves, the views (`views.ts` and its like) and of the routes field by field, are
 * in `*-shapes.ts`, by what they are about. A test holds real answers against them, strictly, so that neither has a field
 * that the other lacks.
 */
import { z } from 'zod'

/** Every schema with a name; `document.ts` makes components of them. */
export const shapes = z.registry<{ id: string }>()

export function shape<Fields extends z.ZodRawShape>(id: string, fields: Fields) {
  return z.strictObject(fields).register(shapes, { id })
}

/** `{data, next_cursor}`. */
export function page<Row extends z.ZodType>(id: string, row: Row) {
  return shape(id, {
    data: z.array(row),
    next_cursor: text.nullable().describe('`cursor` of the next page; null: there is none.'),
  })
}

export function list<Row extends z.ZodType>(id: string, row: Row) {
  return shape(id, { data: z.array(row) })
}

export const text = z.string()
export const flag = z.boolean()
export const at = z.iso.datetime().describe('UTC with milliseconds.')
export const maybe = text.nullable()
export const maybeAt = at.nullable()
export const count = z.int().min(0)

const values = z.record(text, z.union([text, z.number()]))

export const problem = shape('Problem', {
  type: text.describe('`urn:causeway:problem:<code>`'),
  title: text,
  status: z.int(),
  detail: text.optional(),
  values: values.optional().describe('What is in `detail`, by name, for whoever says the code in another language.'),
  instance: text,
  code: text.describe('Stable; tells one problem from another.'),
  errors: z
    .array(
      z.strictObject({
        pointer: text.describe('JSON pointer into the body, or `?name` of a query parameter.'),
        code: text,
        message: text,
        values: values.optional().describe('What is in `message`, by name: of `too-big` `max`, of `too-small` `min`.'),
      }),
    )
    .optional(),
  merged_into: text.optional().describe('Of 308: the id that it has now.'),
  retry_after: z.int().optional().describe('Seconds, as the `Retry-After` beside it.'),
})

export const nothing = shape('Nothing', {})
