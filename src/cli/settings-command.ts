/** The command that shows and changes settings while the gateway runs, for the table in `main.ts`. */
import type { Command } from 'commander'

type Talking = (parent: Command, signature: string, summary: string) => Command
type Run = <Arguments extends unknown[]>(
  action: (...given: Arguments) => unknown,
) => (...given: Arguments) => Promise<void>

export function addSettingsCommand(root: Command, talking: Talking, run: Run): void {
  talking(
    root,
    'settings',
    'what can be changed while it runs: shows it, or changes what is named; `default` is the file’s',
  )
    .option('--mode <mode>', 'integrated, data_only or sms_only')
    .option('--fallback-after <span>', 'time without a receipt over Signal before a text follows, as PT15M')
    .option('--fallback-policy <policy>', 'auto, ask, signal_only or sms_only, for who has no policy of their own')
    .option('--when-roaming <what>', 'ask, always or never')
    .option('--quiet-hours <hours>', 'in which no text follows by itself, as 22:00-07:00, or off')
    .option('--time-zone <zone>', 'of the quiet hours, as Europe/Berlin')
    .action(run(async (options) => (await import('./commands/settings.ts')).settings(options)))
}
