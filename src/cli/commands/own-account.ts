/** `causeway signal discoverable`, `unlink` and `delete-account`: the Signal account as a whole. */
import { createInterface } from 'node:readline/promises'
import { EXIT, ExitError } from '../exit.ts'
import { call, findGateway, type GatewayOptions } from '../gateway.ts'
import { json, line, printable } from '../print.ts'

type Options = GatewayOptions & { json?: boolean }

/** Shows whether the number leads to the account, or sets it. */
export async function discoverable(state: string | undefined, options: Options): Promise<void> {
  if (state !== undefined && state !== 'on' && state !== 'off') {
    throw new ExitError(EXIT.usage, 'Say: signal discoverable, signal discoverable on, signal discoverable off.')
  }
  const gateway = await findGateway(options)
  const path = '/api/v1/signal/discoverability'
  const view = await call<{ discoverable: boolean | null; editable: boolean }>(
    gateway,
    state === undefined ? 'GET' : 'PUT',
    path,
    state === undefined ? undefined : { discoverable: state === 'on' },
  )
  if (options.json === true) json(view)
  else if (!view.editable)
    line('This is a linked device: it is set on the phone (Signal, Settings, Privacy, Phone number).')
  else if (view.discoverable === true) line('Whoever knows the number finds the account on Signal.')
  else line('Nobody finds the account by its number: others send texts, or need its username.')
}

/** A linked device leaves the account: a person says so at the terminal, a script by `--yes`. */
export async function unlink(options: Options & { yes?: boolean }): Promise<void> {
  if (options.yes !== true) {
    await demandWord(
      'yes',
      'Type yes to go on: ',
      `This takes this gateway off the devices of the phone’s Signal account. The phone keeps the account and all that was said
there. Here the account’s keys are forgotten: nothing comes or goes over Signal any more, and messages go as texts (to people
who are on Signal after the fallback's wait). The conversations that are here stay. The phone can link it again (causeway signal link).`,
    )
  }
  const account = await call<{ state: string; reason: string | null }>(
    await findGateway(options),
    'DELETE',
    '/api/v1/signal/link',
  )
  if (options.json === true) json(account)
  else if (account.state === 'none') line('This gateway is unlinked. Your conversations are still here.')
  else line(`It goes on by itself, over restarts: ${printable(account.reason ?? account.state)}`)
}

/** Cannot be undone: a person types the number once more at the terminal, a script says `--yes`. */
export async function remove(number: string, options: Options & { yes?: boolean }): Promise<void> {
  if (options.yes !== true) {
    await demandWord(
      number,
      'Type the number to go on: ',
      `This deletes the Signal account of ${number} at Signal, for ever. Its profile, its username and what still waits for it
there are gone, its linked devices are signed out, and its groups go on without it. Nobody can bring it back: registering
the number again makes a new account, whose safety number is another one. The conversations that are here stay.`,
    )
  }
  const gateway = await findGateway(options)
  await call(gateway, 'DELETE', `/api/v1/signal/account?number=${encodeURIComponent(number)}`)
  if (options.json === true) json({ number, deleted: true })
  else line('The account is deleted. Your conversations are still here; messages go as texts from now on.')
}

/** Goes on when `word` is typed after the warning. */
async function demandWord(word: string, question: string, warning: string): Promise<void> {
  if (!process.stdin.isTTY) throw new ExitError(EXIT.usage, `${warning}\nIf that is meant, say --yes.`)
  line(warning)
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question(question).finally(() => terminal.close())
  if (answer.trim().toLowerCase() !== word) throw new ExitError(EXIT.failed, 'Nothing was done.')
}
