/**
 * What the doctor says of webhooks, Web Push and a Redis of others, in English, by the code of the finding; what a sentence
 * takes are the values that the finding hands out, for those who say it in another language. Pure.
 */
import type { Sentences } from './sentences.ts'

interface Hook {
  host: string
  reason: string
}
interface Id {
  webhook: string
}
/** Where the inbox is opened. */
interface Where {
  where: string
}

const HTTPS = 'Set http.tls, or put TLS in front and write that address under http.public_url.'

export const OUTWARD_WORDS = {
  'webhook.failing.ok': { what: ({ count }: { count: number }) => `Webhooks: ${count}, none of them failing.` },
  'webhook.failing': {
    what: ({ host, since, reason }: Hook & { since: string }) =>
      `The webhook to ${host} has taken nothing since ${since}: ${reason}`,
    fix: ({ webhook }: Id) =>
      `Put the other side right; it is tried again for three days. See each attempt: causeway webhooks deliveries ${webhook}.`,
  },
  'webhook.failing.stopped': {
    what: ({ host, reason }: Hook) => `The webhook to ${host} was stopped: ${reason}`,
    fix: ({ webhook }: Id) => `Put the other side right, then: causeway webhooks resume ${webhook}.`,
  },

  'push.no_https.ok': {
    what: 'Browsers can be woken (Web Push): the inbox comes over https, or from this machine.',
  },
  'push.no_https': {
    what: ({ where, count }: Where & { count: number }) =>
      `${count} browsers want to be woken (Web Push), and the inbox is opened at ${where}, without https.`,
    fix: HTTPS,
  },
  'push.no_https.unused': {
    what: ({ where }: Where) =>
      `The inbox is opened at ${where}, without https: browsers elsewhere cannot be woken (Web Push).`,
    fix: HTTPS,
  },

  'redis.aof_off': {
    what: 'This Redis forgets the queue when it restarts; it is made again from the database, so nothing is lost.',
    fix: 'Set appendonly yes there to spare the wait.',
  },
  'redis.eviction': {
    what: ({ policy }: { policy: string }) =>
      `This Redis may throw queued work away when its memory is full (maxmemory-policy ${policy}); messages then leave late.`,
    fix: 'Set maxmemory-policy noeviction there.',
  },
} satisfies Sentences
