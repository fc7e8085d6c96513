/** The account's own profile and username on Signal, as an admin changes them. */
import { ApiProblem, ask, authorityHeaders, problemOf } from '../api/client.ts'
import type { SignalAccount } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { account } from './status.ts'

export const PROFILE_PATH = '/api/v1/signal/profile'
const USERNAME_PATH = '/api/v1/signal/username'

export interface Profile {
  name: string | null
  about: string | null
  emoji: string | null
  avatar_url: string | null
  editable: boolean
  published: boolean
}

/** Throws ApiProblem. */
export async function setPicture(file: Blob): Promise<Profile> {
  const answer = await fetch(`${PROFILE_PATH}/avatar`, {
    method: 'PUT',
    headers: { ...authorityHeaders(), 'Content-Type': file.type },
    credentials: 'same-origin',
    body: file,
  }).catch(() => undefined)
  if (answer === undefined) throw new ApiProblem(0, 'unreachable', t('problem.unreachable'))
  const body: unknown = await answer.json().catch(() => undefined)
  if (!answer.ok) throw problemOf(answer.status, body)
  return body as Profile
}

/** `name`, or `name.digits`. Throws ApiProblem. */
export async function claimUsername(words: string): Promise<void> {
  const [nickname = '', ...digits] = words.trim().split('.')
  const discriminator = digits.length === 0 ? {} : { discriminator: digits.join('.') }
  account.value = await ask<SignalAccount>('PUT', USERNAME_PATH, { body: { nickname, ...discriminator } })
}

/** Throws ApiProblem. */
export async function renewUsernameLink(): Promise<void> {
  account.value = await ask<SignalAccount>('POST', `${USERNAME_PATH}/link`)
}

/** Throws ApiProblem. */
export async function releaseUsername(): Promise<void> {
  await ask('DELETE', USERNAME_PATH)
  account.value = await ask<SignalAccount>('GET', '/api/v1/signal/account')
}
