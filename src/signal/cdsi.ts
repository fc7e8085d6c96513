/**
 * One question to Signal's contact discovery (CDSI), through libsignal. Its public call knows no token, so that every number
 * would count as new each time; the native calls beneath it do, and libsignal is pinned to one version. Where they are not
 * found the public call is made instead.
 */
import type { Net } from '@signalapp/libsignal-client'
import { Aci } from '@signalapp/libsignal-client'
import { newNativeHandle } from '@signalapp/libsignal-client/dist/internal.js'
import * as Native from '@signalapp/libsignal-client/dist/Native.js'
import type { Chat } from './chat.ts'

export interface CdsiQuestion {
  auth: { username: string; password: string }
  /** Numbers that Signal has not counted yet. */
  newE164s: readonly string[]
  /** All those that it has, by the token. */
  previousE164s: readonly string[]
  token: Uint8Array | undefined
  acisAndAccessKeys: readonly { aci: string; accessKey: string }[]
  signal: AbortSignal
  /** To be kept before the answer is asked for: the new numbers are counted from then on. */
  keepToken: (token: Uint8Array) => Promise<void>
}

export type CdsiEntries = ReadonlyMap<string, { aci: string | undefined; pni: string | undefined }>

/** Rejects with libsignal's errors. */
export type Cdsi = (question: CdsiQuestion) => Promise<CdsiEntries>

type Context = Native.Wrapper<Native.TokioAsyncContext> & {
  makeCancellable<T>(signal: AbortSignal, promise: Native.CancellablePromise<T>): Promise<T>
}

export function libsignalCdsi({ net }: Pick<Chat, 'net'>): Cdsi {
  return async (question) => {
    const context: Context | undefined = Reflect.get(net, 'asyncContext')
    const manager: Native.Wrapper<Native.ConnectionManager> | undefined = Reflect.get(net, '_connectionManager')
    return context === undefined || manager === undefined
      ? await askPlainly(net, question)
      : await askWithToken(context, manager, question)
  }
}

async function askPlainly(net: Net.Net, question: CdsiQuestion): Promise<CdsiEntries> {
  const { entries } = await net.cdsiLookup(question.auth, {
    e164s: [...question.newE164s, ...question.previousE164s],
    acisAndAccessKeys: question.acisAndAccessKeys,
    abortSignal: question.signal,
  })
  return entries
}

async function askWithToken(
  context: Context,
  manager: Native.Wrapper<Native.ConnectionManager>,
  { auth, newE164s, previousE164s, token, acisAndAccessKeys, signal, keepToken }: CdsiQuestion,
): Promise<CdsiEntries> {
  const request = newNativeHandle(Native.LookupRequest_new())
  for (const e164 of newE164s) Native.LookupRequest_addE164(request, e164)
  for (const e164 of previousE164s) Native.LookupRequest_addPreviousE164(request, e164)
  if (token !== undefined) Native.LookupRequest_setToken(request, new Uint8Array(token))
  for (const { aci, accessKey } of acisAndAccessKeys) {
    Native.LookupRequest_addAciAndAccessKey(
      request,
      Aci.parseFromServiceIdString(aci).getServiceIdFixedWidthBinary(),
      new Uint8Array(Buffer.from(accessKey, 'base64')),
    )
  }
  const { username, password } = auth
  const asked = await context.makeCancellable(
    signal,
    Native.CdsiLookup_new(context, manager, username, password, request),
  )
  const lookup = newNativeHandle(asked)
  await keepToken(Native.CdsiLookup_token(lookup))
  const { entries } = await context.makeCancellable(signal, Native.CdsiLookup_complete(context, lookup))
  return entries as CdsiEntries
}
