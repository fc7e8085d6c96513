/** The commands around the PIN of a SIM, for the table in `main.ts`. */
import type { Command } from 'commander'

type Talking = (parent: Command, signature: string, summary: string) => Command
type Run = <Arguments extends unknown[]>(
  action: (...given: Arguments) => unknown,
) => (...given: Arguments) => Promise<void>

export function addPinCommands(modem: Command, talking: Talking, run: Run): void {
  talking(
    modem,
    'pin [which]',
    'hands in the PIN that its SIM waits for: asked for, or the first line of standard input',
  )
    .option('--last-try', 'it is certainly right: a wrong one blocks the SIM')
    .option('--remember', 'keeps it, encrypted, for this SIM alone')
    .option('--forget', 'forgets the one that is kept, instead')
    .action(run(async (which, options) => (await import('./commands/modem-pin.ts')).pin(which, options)))
}
