/** The commands that decide about one message, for the table in `main.ts`. */
import type { Command } from 'commander'

type Talking = (parent: Command, signature: string, summary: string) => Command
type Run = <Arguments extends unknown[]>(
  action: (...given: Arguments) => unknown,
) => (...given: Arguments) => Promise<void>

export function addDecisionCommands(root: Command, talking: Talking, run: Run): void {
  talking(root, 'approve <message>', 'lets a held message go on')
    .option('--wait', 'send no text; go on waiting for Signal')
    .action(run(async (id, options) => (await import('./commands/messages.ts')).decide('approve', id, options)))
  for (const [action, summary] of [
    ['send-as-text', 'sends a Signal message that has not arrived as a text, now; both may arrive'],
    ['cancel', 'takes back a message that has not left'],
    ['retry', 'tries a failed, expired or canceled message anew'],
  ] as const) {
    talking(root, `${action} <message>`, summary).action(
      run(async (id, options) => (await import('./commands/messages.ts')).decide(action, id, options)),
    )
  }
}
