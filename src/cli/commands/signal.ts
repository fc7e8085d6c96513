/** The Signal account: how it is, and the steps of registering it or linking it to a phone. */
import { createInterface } from 'node:readline/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { qrLines } from '../../domain/qr.ts'
import { EXIT, ExitError } from '../exit.ts'
import { call, findGateway, type GatewayOptions } from '../gateway.ts'
import { clock, json, line, printable } from '../print.ts'

type Options = GatewayOptions & { json?: boolean }

export interface AccountJson {
  state: string
  reason: string | null
  number: string | null
  aci: string | null
  username: string | null
  username_link: string | null
  discovery: { new_numbers_today: number; remembered_numbers: number; wait_until: string | null } | null
  registration: {
    step: string
    number: string
    page_url?: string
    reason?: string
    next_sms_at?: string | null
    next_call_at?: string | null
    pin_of_use?: boolean
    tries_left?: number | null
  } | null
  link: { step: string; uri?: string; expires_at?: string; reason?: string } | null
  warnings: { what: string; fix: string }[]
  challenge: { page_url: string; retry_at: string | null } | null
}

export async function status(options: Options): Promise<void> {
  print(await call(await findGateway(options), 'GET', '/api/v1/signal/account'), options)
}

export async function register(
  number: string,
  options: Options & { captcha?: string; voice?: boolean; yes?: boolean },
): Promise<void> {
  if (options.yes !== true) await demandConsent(number)
  const transport = options.voice === true ? 'voice' : 'sms'
  const body = { number, captcha: options.captcha, transport, sign_out_phone: true }
  print(await call(await findGateway(options), 'POST', '/api/v1/signal/register', body), options)
}

/** What registering does to a phone cannot be taken back: a person says so at the terminal, a script by `--yes`. */
async function demandConsent(number: string): Promise<void> {
  const warning = `If a phone uses Signal with ${number}, Signal signs it out, with all its linked devices; what had not yet been delivered to it is lost.
(To keep Signal on the phone, link it instead: causeway signal link.)`
  if (!process.stdin.isTTY) throw new ExitError(EXIT.usage, `${warning}\nIf that is meant, say --yes.`)
  line(warning)
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question('Type yes to go on: ').finally(() => terminal.close())
  if (answer.trim().toLowerCase() !== 'yes') throw new ExitError(EXIT.failed, 'Nothing was done.')
}

const LINK_POLL_MS = 1_000

const CLEAR_SCREEN = '\u001b[H\u001b[2J'

/** Shows what the phone is to scan, anew whenever it was renewed, until the phone has done so or time is up. */
export async function link(options: Options & { name?: string }, signal: AbortSignal): Promise<number> {
  const gateway = await findGateway(options)
  let account: AccountJson = await call(gateway, 'POST', '/api/v1/signal/link', { device_name: options.name })
  if (options.json === true) {
    json(account)
    return EXIT.ok
  }
  for (let shown: string | undefined; !signal.aborted; ) {
    const uri = account.link?.uri
    if (uri !== undefined && uri !== shown) {
      // A code that is over is wiped, so that nobody scans it.
      if (shown !== undefined && process.stdout.isTTY) process.stdout.write(CLEAR_SCREEN)
      print(account, options)
    }
    shown = uri
    const isUnderWay = account.state === 'linking' || account.state === 'connecting'
    if (!isUnderWay) break
    await sleep(LINK_POLL_MS, undefined, { signal }).catch(() => undefined)
    account = await call(gateway, 'GET', '/api/v1/signal/account')
  }
  if (signal.aborted) return EXIT.ok
  print(account, options)
  return account.link?.step === 'failed' ? EXIT.failed : EXIT.ok
}

export async function captcha(token: string, options: Options): Promise<void> {
  print(await call(await findGateway(options), 'POST', '/api/v1/signal/challenge', { token }), options)
}

export async function code(digits: string, options: Options): Promise<void> {
  print(await call(await findGateway(options), 'POST', '/api/v1/signal/verify', { code: digits }), options)
}

/** Without `given` it is asked for at the terminal, so that it stays out of the shell's history. */
export async function pin(given: string | undefined, options: Options): Promise<void> {
  const text = given ?? (await askForPin())
  print(await call(await findGateway(options), 'POST', '/api/v1/signal/pin', { pin: text }), options)
}

async function askForPin(): Promise<string> {
  if (!process.stdin.isTTY) throw new ExitError(EXIT.usage, 'Say: signal pin PIN.')
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  return await terminal.question('The Signal PIN of this number: ').finally(() => terminal.close())
}

export async function skipTransfer(options: Options): Promise<void> {
  print(await call(await findGateway(options), 'POST', '/api/v1/signal/skip-transfer', {}), options)
}

function print(account: AccountJson, options: Options): void {
  if (options.json === true) {
    json(account)
    return
  }
  line(
    `${account.state}${account.number === null ? '' : `  ${account.number}`}${account.reason === null ? '' : `  ${account.reason}`}`,
  )
  const { registration, challenge, link, warnings, discovery } = account
  if (discovery !== null) {
    const wait = discovery.wait_until === null ? '' : `; Signal says to wait until ${clock(discovery.wait_until)}`
    line(
      `numbers looked up: ${discovery.new_numbers_today} new within a day, ${discovery.remembered_numbers} remembered${wait}`,
    )
  }
  if (account.username !== null)
    line(`username ${printable(account.username)}  ${account.username_link ?? ''}`.trimEnd())
  for (const { what, fix } of warnings) line(`${printable(what)} ${fix}`)
  if (challenge !== null) {
    line(`Signal wants a captcha solved before it takes more messages. Solve it at ${challenge.page_url},`)
    line('copy the link behind "Open Signal", and run:')
    line('  causeway signal captcha signalcaptcha://…')
    if (challenge.retry_at !== null) line(`Without one it may go on by itself at ${clock(challenge.retry_at)}.`)
  }
  if (link?.step === 'scan') {
    line('On the phone: Signal, Settings, Linked devices, Link a new device. It scans this:')
    for (const row of qrLines(link.uri ?? '', { coloured: process.stdout.isTTY })) line(row)
    line(`  ${link.uri}`)
    if (link.expires_at !== undefined) line(`A fresh one follows at ${clock(link.expires_at)}.`)
  }
  switch (registration?.step) {
    case 'captcha':
      line(`Solve the captcha at ${registration.page_url}, copy the link behind "Open Signal", and run:`)
      line('  causeway signal captcha signalcaptcha://…')
      break
    case 'code':
      line(
        `Waits for the code that comes to ${registration.number}. If it is not one of our modems: causeway signal code CODE`,
      )
      for (const [what, at, flag] of [
        ['sends another text', registration.next_sms_at, ''],
        ['calls with it', registration.next_call_at, ' --voice'],
      ] as const) {
        if (at != null)
          line(`Signal ${what} from ${clock(at)} on: causeway signal register ${registration.number}${flag}`)
      }
      break
    case 'pin':
      if (registration.pin_of_use === true) line('Hand the PIN over: causeway signal pin')
      if (registration.tries_left != null) {
        line(`That was not it. ${registration.tries_left} tries are left; then Signal erases what it protects.`)
      }
      break
    case 'transfer':
      line('Messages that are on the phone stay there, and Signal signs it out.')
      line('If that is meant: causeway signal skip-transfer')
      break
    case 'failed':
      line(`Registering ${registration.number} failed: ${registration.reason ?? ''}`)
      break
    default:
      if (account.state === 'none')
        line(
          'There is no account. Register one: causeway signal register NUMBER, or link a phone’s: causeway signal link',
        )
  }
}
