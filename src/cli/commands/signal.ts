/** The Signal account: how it is, and the steps of registering it. */
import { call, findGateway, type GatewayOptions } from '../gateway.ts'
import { clock, json, line } from '../print.ts'

type Options = GatewayOptions & { json?: boolean }

interface AccountJson {
  state: string
  reason: string | null
  number: string | null
  aci: string | null
  registration: {
    step: string
    number: string
    page_url?: string
    reason?: string
    next_request_at?: string | null
  } | null
  challenge: { retry_at: string | null } | null
}

export async function status(options: Options): Promise<void> {
  print(await call(await findGateway(options), 'GET', '/api/v1/signal/account'), options)
}

export async function register(
  number: string,
  options: Options & { captcha?: string; voice?: boolean },
): Promise<void> {
  const body = { number, captcha: options.captcha, transport: options.voice === true ? 'voice' : 'sms' }
  print(await call(await findGateway(options), 'POST', '/api/v1/signal/register', body), options)
}

export async function captcha(token: string, options: Options): Promise<void> {
  print(await call(await findGateway(options), 'POST', '/api/v1/signal/captcha', { token }), options)
}

export async function code(digits: string, options: Options): Promise<void> {
  print(await call(await findGateway(options), 'POST', '/api/v1/signal/code', { code: digits }), options)
}

function print(account: AccountJson, options: Options): void {
  if (options.json === true) {
    json(account)
    return
  }
  line(
    `${account.state}${account.number === null ? '' : `  ${account.number}`}${account.reason === null ? '' : `  ${account.reason}`}`,
  )
  const { registration, challenge } = account
  if (challenge !== null) {
    line('The server wants a captcha solved before it takes more messages. Then: causeway signal captcha TOKEN')
    if (challenge.retry_at !== null) line(`Without one it may go on by itself at ${clock(challenge.retry_at)}.`)
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
      break
    case 'failed':
      line(`Registering ${registration.number} failed: ${registration.reason ?? ''}`)
      break
    default:
      if (account.state === 'none') line('There is no account. Register one: causeway signal register NUMBER')
  }
}
