/** The commands around the Signal account, for the table in `main.ts`. */
import type { Command } from 'commander'

type Talking = (parent: Command, signature: string, summary: string) => Command
type Run = <Arguments extends unknown[]>(
  action: (...given: Arguments) => unknown,
) => (...given: Arguments) => Promise<void>

/** `interrupted` aborts when somebody presses Ctrl-C. */
export function addSignalCommands(root: Command, talking: Talking, run: Run, interrupted: AbortSignal): void {
  const signal = root.command('signal').description('the Signal account')
  talking(signal, 'status', 'how it is').action(
    run(async (options) => (await import('./commands/signal.ts')).status(options)),
  )
  talking(signal, 'register <number>', 'registers a number; logs out the phone that uses Signal with it')
    .option('--captcha <token>', 'signalcaptcha://…')
    .option('--voice', 'the code comes by a call')
    .option('--yes', 'a phone that uses Signal with this number may be signed out')
    .action(run(async (number, options) => (await import('./commands/signal.ts')).register(number, options)))
  talking(signal, 'link', 'becomes a linked device of the account on a phone')
    .option('--name <name>', 'what the phone shows in its list of devices')
    .action(run(async (options) => (await import('./commands/signal.ts')).link(options, interrupted)))
  talking(signal, 'unlink', 'takes this linked device off the phone’s account; conversations stay')
    .option('--yes', 'that is meant')
    .action(run(async (options) => (await import('./commands/own-account.ts')).unlink(options)))
  talking(signal, 'devices [action] [id] [name]', 'the account’s devices; `remove N`, `rename N NAME`').action(
    run(async (action, id, name, options) =>
      (await import('./commands/devices.ts')).devices(action, id, name, options),
    ),
  )
  talking(signal, 'discoverable [state]', 'whether who knows the number finds the account; `on`, `off`').action(
    run(async (state, options) => (await import('./commands/own-account.ts')).discoverable(state, options)),
  )
  talking(signal, 'delete-account <number>', 'deletes the account at Signal, for ever; conversations stay')
    .option('--yes', 'that is meant')
    .action(run(async (number, options) => (await import('./commands/own-account.ts')).remove(number, options)))
  talking(signal, 'captcha <token>', 'hands over a solved captcha')
    .alias('challenge')
    .action(run(async (token, options) => (await import('./commands/signal.ts')).captcha(token, options)))
  talking(signal, 'pin [pin]', 'hands over the Signal PIN that a number is protected by').action(
    run(async (pin, options) => (await import('./commands/signal.ts')).pin(pin, options)),
  )
  talking(signal, 'lock [action] [pin]', 'a PIN against others who register the number; `set`, `remove`').action(
    run(async (action, pin, options) => (await import('./commands/registration-lock.ts')).lock(action, pin, options)),
  )
  talking(signal, 'skip-transfer', 'registers although the phone’s messages cannot come over').action(
    run(async (options) => (await import('./commands/signal.ts')).skipTransfer(options)),
  )
  talking(signal, 'code <digits>', 'hands over a code that did not come to a modem of ours')
    .alias('verify')
    .action(run(async (digits, options) => (await import('./commands/signal.ts')).code(digits, options)))
  talking(signal, 'profile', 'what contacts see of the account: name, a line, a picture; options change it')
    .option('--name <name>', 'the name; an empty one takes it away')
    .option('--about <line>', 'a line about you')
    .option('--emoji <emoji>', 'beside the line')
    .option('--avatar <file>', 'a picture; its middle is taken')
    .option('--no-avatar', 'without a picture from now on')
    .action(run(async (options) => (await import('./commands/profile.ts')).profile(options)))
  const username = signal
    .command('username')
    .description('the account’s username, by which people write without its number')
  talking(username, 'set <name>', 'takes NAME or NAME.DIGITS; without digits Signal gives free ones').action(
    run(async (name, options) => (await import('./commands/usernames.ts')).set(name, options)),
  )
  talking(username, 'remove', 'gives it up, with its link').action(
    run(async (options) => (await import('./commands/usernames.ts')).remove(options)),
  )
  talking(username, 'renew-link', 'makes another link; the one that people have leads nowhere then').action(
    run(async (options) => (await import('./commands/usernames.ts')).renewLink(options)),
  )
  talking(username, 'find <name>', 'whose NAME.DIGITS, or link of one, that is now').action(
    run(async (name, options) => (await import('./commands/usernames.ts')).find(name, options)),
  )
}
