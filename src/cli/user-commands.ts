/** The commands of the first hour and around people who sign in to the inbox, for the table in `main.ts`. */
import type { Command } from 'commander'

type Talking = (parent: Command, signature: string, summary: string) => Command
type Run = <Arguments extends unknown[]>(
  action: (...given: Arguments) => unknown,
) => (...given: Arguments) => Promise<void>

/** `interrupted` aborts when somebody presses Ctrl-C. */
export function addUserCommands(root: Command, talking: Talking, run: Run, interrupted: AbortSignal): void {
  talking(root, 'setup [step]', 'the first hour, step by step; without a terminal: how the steps stand').action(
    run(async (step, options) => (await import('./commands/setup.ts')).setup(step, options, interrupted)),
  )
  talking(root, 'setup-code', 'prints a new one-time code for the first admin of the inbox').action(
    run(async (options) => (await import('./commands/users.ts')).setupCode(options)),
  )
  const user = root.command('user').description('people who sign in to the inbox')
  talking(user, 'add <name>', 'adds one; the password is asked for, or the first line of standard input')
    .requiredOption('--role <role>', 'viewer (reads), sender (also writes) or admin')
    .action(run(async (name, options) => (await import('./commands/users.ts')).add(name, options)))
  talking(user, 'list', 'all').action(run(async (options) => (await import('./commands/users.ts')).list(options)))
  talking(user, 'passwd <name>', 'sets another password, and ends their sessions').action(
    run(async (name, options) => (await import('./commands/users.ts')).passwd(name, options)),
  )
  talking(user, 'remove <name>', 'with their sessions').action(
    run(async (name, options) => (await import('./commands/users.ts')).remove(name, options)),
  )
}
