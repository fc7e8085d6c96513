/** The commands around people and address books, for the table in `main.ts`. */
import type { Command } from 'commander'

type Talking = (parent: Command, signature: string, summary: string) => Command
type Run = <Arguments extends unknown[]>(
  action: (...given: Arguments) => unknown,
) => (...given: Arguments) => Promise<void>

export function addContactCommands(root: Command, talking: Talking, run: Run): void {
  const contacts = root.command('contacts').description('people, their policies and safety numbers')
  talking(contacts, 'list', 'everybody').action(
    run(async (options) => (await import('./commands/contacts.ts')).list(options)),
  )
  talking(contacts, 'show <who>', 'one, with the safety number')
    .option('--qr', 'also as the code that their Signal app scans')
    .action(run(async (who, options) => (await import('./commands/contacts.ts')).show(who, options)))
  talking(contacts, 'set <who>', 'changes name, policy, fallback time or preferred modem')
    .option('--name <name>', 'empty takes it away')
    .option('--policy <policy>', 'auto, ask, signal_only, sms_only, or default')
    .option('--fallback-after <span>', 'time without a receipt over Signal before a text follows, as PT5M, or default')
    .option('--modem <modem>', 'the modem that texts to them leave through; empty: as the router chooses')
    .action(run(async (who, options) => (await import('./commands/contacts.ts')).set(who, options)))
  for (const [action, summary] of [
    ['approve', 'consents to a changed safety number'],
    ['verify', 'says that the safety number was compared'],
    ['unverify', 'takes that back'],
  ] as const) {
    talking(contacts, `${action} <who>`, summary).action(
      run(async (who, options) => (await import('./commands/contacts.ts')).identity(action, who, options)),
    )
  }
  talking(contacts, 'delete <who>', 'deletes a person with everything of them; who is blocked stays blocked')
    .option('--yes', 'it cannot be undone: say that you mean it')
    .action(run(async (who, options) => (await import('./commands/contacts.ts')).remove(who, options)))
  const books = () => import('./commands/address-books.ts')
  talking(contacts, 'merge <who> <other>', 'says that the two are one person, the first of them').action(
    run(async (who, other, options) => (await books()).merge(who, other, options)),
  )
  talking(contacts, 'split <who>', 'takes their number or their Signal account out, as a person of its own')
    .requiredOption('--take <what>', 'number or account')
    .action(run(async (who, options) => (await books()).split(who, options)))
  talking(contacts, 'import <file>', 'takes in an address book (vCard or CSV)')
    .option('--dry-run', 'only tells what would be done')
    .option('--replace-names', 'names of the file take the place of those given here')
    .action(run(async (file, options) => (await books()).importBook(file, options)))
  talking(contacts, 'export [who]', 'one person, or everybody, as a vCard')
    .option('-o, --output <file>', 'which (standard output when left out)')
    .action(run(async (who, options) => (await books()).exportBook(who, options)))
}
