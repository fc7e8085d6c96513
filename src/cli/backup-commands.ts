/** The commands around backups, for the table in `main.ts`. */
import type { Command } from 'commander'

type Talking = (parent: Command, signature: string, summary: string) => Command
type Run = <Arguments extends unknown[]>(
  action: (...given: Arguments) => unknown,
) => (...given: Arguments) => Promise<void>

export function addBackupCommands(root: Command, talking: Talking, run: Run): void {
  const backup = root.command('backup').description('encrypted backups of everything')
  talking(backup, 'key', 'makes the recovery key and prints it, this once')
    .option('--replace', 'in the place of one that there is, which earlier backups still want')
    .action(run(async (options) => (await import('./commands/backup.ts')).key(options)))
  talking(backup, 'create', 'makes one now, and waits until it is there').action(
    run(async (options) => (await import('./commands/backup.ts')).create(options)),
  )
  talking(backup, 'list', 'those that are there, and the schedule').action(
    run(async (options) => (await import('./commands/backup.ts')).list(options)),
  )
  talking(backup, 'acknowledge', 'takes away the warning that this gateway was restored').action(
    run(async (options) => (await import('./commands/backup.ts')).acknowledge(options)),
  )
  backup
    .command('verify <file>')
    .description('reads all of a backup with its recovery key, which is asked for or a line on standard input')
    .option('--json', 'as JSON')
    .action(run(async (file, options) => (await import('./commands/restore.ts')).verify(file, options)))
  root
    .command('restore <file>')
    .description('puts a backup in the place of a gateway that is gone; the recovery key as for backup verify')
    .option('--config <file>', 'the configuration that says where to')
    .option('--takeover', 'the gateway it came from, with the same Signal account, will never run again')
    .option('--json', 'as JSON')
    .action(run(async (file, options) => (await import('./commands/restore.ts')).restore(file, options)))
}
