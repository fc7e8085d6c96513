/** Pure: links by which people join a group, `https://signal.group/#…`: the group's key and a password. */
import { CausewayError } from '../../domain/errors.ts'
import { inviteLinkCodec } from '../proto/groups.ts'
import { masterKeyOctets } from './cipher.ts'

const prefix = 'https://signal.group/#'
export const linkPasswordOctets = 16
const linkCharactersMax = 1_000

export interface InviteLink {
  masterKey: Uint8Array
  /** Base64. */
  password: string
}

export function writeInviteLink({ masterKey, password }: InviteLink): string {
  const contents = { masterKey, password: Buffer.from(password, 'base64') }
  return prefix + Buffer.from(inviteLinkCodec.encode({ contents })).toString('base64url')
}

/** Also takes `sgnl://signal.group/#…`. Throws CausewayError `group-link`. */
export function readInviteLink(text: string): InviteLink {
  const encoded = /^(?:https|sgnl):\/\/signal\.group\/?#([\w-]+=*)$/.exec(text.trim())?.[1]
  if (encoded === undefined || text.length > linkCharactersMax) throw noLink()
  try {
    const { contents } = inviteLinkCodec.decode(Buffer.from(encoded, 'base64url'))
    const { masterKey, password } = contents ?? {}
    if (masterKey?.length !== masterKeyOctets || password === undefined || password.length === 0) throw noLink()
    return { masterKey, password: Buffer.from(password).toString('base64') }
  } catch {
    throw noLink()
  }
}

function noLink(): CausewayError {
  return new CausewayError({
    code: 'group-link',
    message: 'This is no link to a Signal group. It begins with https://signal.group/# and must be whole.',
    retry: 'never',
  })
}
