/** The account's profile on Signal: shown, changed, and its picture. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { EXIT, ExitError } from '../exit.ts'
import { call, findGateway, type GatewayOptions, upload } from '../gateway.ts'
import { json, line, printable } from '../print.ts'

export interface ProfileOptions extends GatewayOptions {
  json?: boolean
  name?: string
  about?: string
  emoji?: string
  /** A file; false: none. */
  avatar?: string | false
}

interface ProfileJson {
  name: string | null
  about: string | null
  emoji: string | null
  avatar_url: string | null
  editable: boolean
  published: boolean
}

const path = '/api/v1/signal/profile'

/** Changes what is named, and shows what it is then. */
export async function profile(options: ProfileOptions): Promise<void> {
  const gateway = await findGateway(options)
  const { name, about, emoji, avatar } = options
  const picture = typeof avatar === 'string' ? await fileOf(avatar) : undefined
  if (name !== undefined || about !== undefined || emoji !== undefined) {
    await call(gateway, 'PATCH', path, { name, about, emoji })
  }
  if (picture !== undefined) await upload(gateway, `${path}/avatar`, picture, {}, 'PUT')
  else if (avatar === false) await call(gateway, 'DELETE', `${path}/avatar`)
  print(await call<ProfileJson>(gateway, 'GET', path), options)
}

async function fileOf(file: string) {
  const found = await stat(file).catch(() => undefined)
  if (found?.isFile() !== true) throw new ExitError(EXIT.usage, `--avatar ${file}: there is no such file.`)
  return { bytes: found.size, read: () => createReadStream(file) }
}

function print(now: ProfileJson, options: ProfileOptions): void {
  if (options.json === true) {
    json(now)
    return
  }
  line(`name     ${printable(now.name ?? '(none)')}`)
  line(`about    ${printable([now.emoji, now.about].filter((part) => part !== null).join(' ')) || '(nothing)'}`)
  line(`picture  ${now.avatar_url === null ? '(none)' : 'set'}`)
  if (!now.editable) line('It is the phone’s: change it there.')
  else if (!now.published)
    line('Signal has not got it like this yet; it is published as soon as there is a connection.')
}
