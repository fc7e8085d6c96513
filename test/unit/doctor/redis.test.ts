/** A Redis of somebody else is looked at for what the queue needs; what it does not tell is not guessed. */
import { describe, expect, test } from 'vitest'
import { examineRedis } from '../../../src/doctor/redis.ts'
import { readRedisInfo } from '../../../src/routing/redis-info.ts'

const info = (aof: number, max: number, policy: string) =>
  `# Persistence\r\nloading:0\r\naof_enabled:${aof}\r\n# Memory\r\nmaxmemory:${max}\r\nmaxmemory_policy:${policy}\r\n`
const said = (text: string) => examineRedis(readRedisInfo(text)).map(({ id, severity }) => `${id} ${severity}`)

describe('a Redis that is not our own', () => {
  test.each<[string, string[]]>([
    [info(1, 0, 'noeviction'), []],
    [info(0, 0, 'noeviction'), ['redis.aof_off info']],
    [info(1, 1_000_000, 'allkeys-lru'), ['redis.eviction warning']],
    [info(1, 1_000_000, 'noeviction'), []],
    // Nothing is thrown away while there is no limit.
    [info(1, 0, 'volatile-ttl'), ['redis.eviction info']],
    ['', []],
    ['aof_enabled\r\n:\r\nmaxmemory_policy:<b>x</b>\r\nmaxmemory:lots', []],
  ])('%j: %j', (text, expected) => {
    expect(said(text)).toEqual(expected)
  })
})
