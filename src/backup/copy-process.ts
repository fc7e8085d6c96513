/**
 * The program of the process that copies the database (`snapshot.ts`): the key is the first line of its standard input, so
 * that nobody sees it among the arguments. Ends with 0, or with 1 and one line of JSON {code, message} on standard error.
 */
import { text } from 'node:stream/consumers'
import { CausewayError } from '../domain/errors.ts'
import { copyDatabase } from '../store/database.ts'

const [, , from = '', to = ''] = process.argv
const key = Buffer.from((await text(process.stdin)).trim(), 'hex')
try {
  copyDatabase(from, key, to)
} catch (error) {
  const code = CausewayError.is(error) ? error.code : 'db-copy'
  process.stderr.write(`${JSON.stringify({ code, message: error instanceof Error ? error.message : String(error) })}\n`)
  process.exitCode = 1
}
