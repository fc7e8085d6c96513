/** Reads what a Redis or Valkey says of itself (`INFO`) as far as the queue depends on it. Pure. */

/** Undefined: it does not say, as some that are rented do not. */
export interface RedisSetUp {
  appendOnly: boolean | undefined
  maxMemoryPolicy: string | undefined
  /** 0: no limit. */
  maxMemoryBytes: number | undefined
}

/** Of the sections `persistence` and `memory`; whatever is not in the expected form is not known. */
export function readRedisInfo(text: string): RedisSetUp {
  const fields = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const at = line.indexOf(':')
    if (at > 0) fields.set(line.slice(0, at), line.slice(at + 1).trim())
  }
  const appendOnly = fields.get('aof_enabled')
  const bytes = fields.get('maxmemory') ?? ''
  const policy = fields.get('maxmemory_policy') ?? ''
  return {
    appendOnly: appendOnly === undefined ? undefined : appendOnly === '1',
    maxMemoryPolicy: /^[a-z-]{1,40}$/.test(policy) ? policy : undefined,
    maxMemoryBytes: /^\d{1,15}$/.test(bytes) ? Number(bytes) : undefined,
  }
}
