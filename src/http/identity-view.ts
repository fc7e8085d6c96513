/** A line of the history of somebody's safety number, as the API tells it. */
import { BY_OWN_DEVICE, type IdentityEntry } from '../store/identity-history.ts'
import { LOCAL } from './auth.ts'
import { time } from './views.ts'

export function identityEntryView({ event, at_ms: atMs, by_id: by, by_name: name }: IdentityEntry) {
  return {
    event: event.replace('-', '_'),
    at: time(atMs),
    by: by === null ? null : { kind: kindOf(by), id: by.includes('_') ? by : null, name },
  }
}

function kindOf(by: string): string {
  if (by === LOCAL.id || by === BY_OWN_DEVICE) return by
  return by.startsWith('tok_') ? 'token' : 'user'
}
