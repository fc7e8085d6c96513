/** What can be said of a Redis that is not our own child, which we start with settings of ours. Pure. */
import type { Finding } from '../domain/finding.ts'
import { found } from './found.ts'

/** As it says itself; undefined: it does not tell. */
export interface RedisFacts {
  appendOnly: boolean | undefined
  maxMemoryPolicy: string | undefined
  /** 0: no limit, so that nothing is thrown away yet. */
  maxMemoryBytes: number | undefined
}

/** Jobs are made anew from the database, so what is wrong here costs time and no message. */
export function examineRedis({ appendOnly, maxMemoryPolicy: policy, maxMemoryBytes }: RedisFacts): Finding[] {
  const findings: Finding[] = []
  if (appendOnly === false) findings.push(found('redis.aof_off', 'info', {}))
  if (policy !== undefined && policy !== 'noeviction') {
    findings.push(found('redis.eviction', maxMemoryBytes === 0 ? 'info' : 'warning', { policy }))
  }
  return findings
}
