/** The command that sends a message, for the table in `main.ts`. */
import type { Command } from 'commander'

type Talking = (parent: Command, signature: string, summary: string) => Command
type Run = <Arguments extends unknown[]>(
  action: (...given: Arguments) => unknown,
) => (...given: Arguments) => Promise<void>

export function addSendCommand(root: Command, talking: Talking, run: Run): void {
  talking(root, 'send <to> [text...]', 'sends a message; `-` as text reads it from standard input')
    .option(
      '--attach <file>',
      'a file to go with it, over Signal or as a picture message; may be repeated',
      (file, all: string[]) => [...all, file],
      [],
    )
    .option('--subject <words>', 'goes by picture message where it leaves over the phone network; else its first line')
    .option('--flash', 'to be shown at once and kept by nobody; always a text')
    .option('--view-once', 'the one file is to be looked at once; without words')
    .option('--voice', 'the files are voice messages')
    .option('--policy <policy>', 'auto, ask, signal_only or sms_only, for this message')
    .option('--priority <priority>', 'urgent, normal or bulk: before or behind what waits for the same modem')
    .option('--modem <which>', 'id, label, number or port of the modem that its text goes through')
    .option('--fallback-after <span>', 'time without a receipt before a text follows, as PT15M')
    .option('--validity <span>', 'time after which nobody wants it any more')
    .option('--idempotency-key <key>', 'the same key and message is sent once')
    .option('--wait [span]', 'until it is delivered or settled otherwise (60s)')
    .action(run(async (to, words, options) => (await import('./commands/messages.ts')).send(to, words, options)))
}
