/** Changes one key in causeway.yaml, and says when it holds and what stands in its way. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Check, changeConfigFile } from '../../config/change.ts'
import { demandKey } from '../../config/shape.ts'
import { dotted } from '../../config/tree.ts'
import { ConfigError, checkConfigText, loadConfig, readConfig } from '../../config.ts'
import { CausewayError } from '../../domain/errors.ts'
import { EXIT, ExitError } from '../exit.ts'
import { answers } from '../gateway.ts'
import { json, line } from '../print.ts'
import { firstLine } from '../prompts.ts'

interface Options {
  config?: string
  json?: boolean
}

/** `-` takes the value from standard input, where no history of a shell keeps it. */
export async function set(key: string, value: string, options: Options): Promise<number> {
  return await change(key, value === '-' ? await firstLine(`the value of ${key}`) : value, options)
}

/** Back to the default. */
export function unset(key: string, options: Options): Promise<number> {
  return change(key, undefined, options)
}

/** 0: done; 2: done, and something else in the file is wrong. */
async function change(given: string, value: string | undefined, options: Options): Promise<number> {
  const { path } = demandKey(given)
  const key = dotted(path)
  const file = fileOf(given, value, options)
  const check: Check = (text) => checkConfigText(text, file)
  const { changed, remaining } = changeConfigFile(file, path, value, check)
  const over = overruledBy(path, file)
  const runs = await gatewayRuns(file)
  const restart = changed && runs && over === undefined
  if (options.json === true) {
    json({ file, key, changed, restart_needed: restart, overruled_by: over ?? null, remaining })
  } else {
    if (!changed) line(`${file}: ${key} already is so; nothing was written.`)
    else line(`${file}: ${key} is ${value === undefined ? 'back to its default' : 'written'}.`)
    if (over !== undefined) line(`It does not hold here: ${over} goes before the file.`)
    else if (restart)
      line('A gateway runs with this configuration: it holds after its restart (systemctl restart causeway).')
    else if (changed) line('It holds from the next start of the gateway on.')
    if (key === 'mode' || key.startsWith('fallback.')) {
      line('What was changed while the gateway ran goes before it: causeway settings.')
    }
    if (remaining.length > 0) line(`Still wrong in it:\n${remaining.map((message) => `  ${message}`).join('\n')}`)
  }
  return remaining.length > 0 ? EXIT.warnings : EXIT.ok
}

function fileOf(key: string, value: string | undefined, { config }: Options): string {
  if (config !== undefined) return resolve(config)
  const { file } = readConfig()
  if (file !== undefined) return file
  const make = `causeway config set ${key} ${value === undefined ? '…' : 'VALUE'} --config causeway.yaml`
  throw new ExitError(EXIT.config, `There is no configuration here yet. This makes one in this folder: ${make}`)
}

/** What of the environment says something else; undefined: nothing. */
function overruledBy(path: readonly (string | number)[], file: string): string | undefined {
  const origin = existsSync(file) ? readConfig({ file }).layers.origin(path) : undefined
  return origin?.startsWith('environment ') === true ? origin.replace('environment ', '') : undefined
}

async function gatewayRuns(file: string): Promise<boolean> {
  try {
    return await answers(join(loadConfig({ file }).runtimeDir, 'api.sock'))
  } catch (error) {
    if (error instanceof ConfigError || CausewayError.is(error)) return false
    throw error
  }
}
