/** The commands around what waits to leave, for the table in `main.ts`. */
import type { Command } from 'commander'

type Talking = (parent: Command, signature: string, summary: string) => Command
type Run = <Arguments extends unknown[]>(
  action: (...given: Arguments) => unknown,
) => (...given: Arguments) => Promise<void>

export function addQueueCommands(root: Command, talking: Talking, run: Run): void {
  const queue = root.command('queue').description('what waits to leave')
  talking(queue, 'list', 'what is paused, what waits since when, and the jobs with their reasons')
    .option('--state <state>', 'waiting, active, delayed or failed')
    .option('--transport <transport>', 'sms, mms or signal')
    .option('--modem <which>', 'id, label, number or port of a modem')
    .option('--limit <count>', 'at most so many', '50')
    .action(run(async (options) => (await import('./commands/queue.ts')).list(options)))
  for (const action of ['pause', 'resume'] as const) {
    const words = action === 'pause' ? 'lets nothing more leave; over restarts' : 'lets what was paused go on'
    talking(queue, action, `${words}: all, or what is named`)
      .option('--transport <transport>', 'sms, mms or signal')
      .option('--modem <which>', 'id, label, number or port of a modem')
      .action(run(async (options) => (await import('./commands/queue.ts')).change(action, options)))
  }
}
