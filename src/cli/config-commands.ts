/** The commands about the configuration, for the table in `main.ts`. */
import type { Command } from 'commander'

type Run = <Arguments extends unknown[]>(
  action: (...given: Arguments) => unknown,
) => (...given: Arguments) => Promise<void>
type Collect = (pair: string, all: Record<string, string>) => Record<string, string>

export function addConfigCommands(root: Command, run: Run, collect: Collect): void {
  const config = root.command('config').description('looks at the configuration, and changes it')
  const about = (signature: string, summary: string) =>
    config
      .command(signature)
      .description(summary)
      .option('--config <file>', 'the file; else the one that serve would read')
      .option('--json', 'as JSON')
  const looking = (signature: string, summary: string) =>
    about(signature, summary).option('--set <key=value>', 'as given to serve; may be repeated', collect, {})
  const changes = () => import('./commands/config-set.ts')

  looking('get [key]', 'what holds for a key, a section or all of it, and who said so; secrets are not shown').action(
    run(async (key, options) => (await import('./commands/config.ts')).get(key, options)),
  )
  about('set <key> <value>', 'writes a value into the file, checked; - takes it from standard input').action(
    run(async (key, value, options) => (await changes()).set(key, value, options)),
  )
  about('unset <key>', 'takes a key out of the file: its default holds').action(
    run(async (key, options) => (await changes()).unset(key, options)),
  )
  looking('check', 'says what is wrong with it').action(
    run(async (options) => (await import('./commands/config.ts')).check(options)),
  )
  config
    .command('schema')
    .description('JSON Schema of the file, for editors')
    .option('--json', 'it always is')
    .action(run(async () => (await import('./commands/config.ts')).schema()))
  config
    .command('reference')
    .description('all keys, as docs/config.md')
    .action(run(async () => (await import('./commands/config.ts')).reference()))
}
