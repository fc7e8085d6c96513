/**
 * What the doctor says of a running gateway, in English, by the code of the finding; what a sentence takes are the values
 * that the finding hands out, for those who say it in another language. Pure.
 */
import { durationInWords } from '../domain/words.ts'
import type { Sentences } from './sentences.ts'

/** By its label, else by its id. */
interface Named {
  modem: string
}
/** In the words of whoever gave it. */
interface Why {
  reason?: string
}
interface Count {
  count: number
}
/** ISO 8601. */
interface Since {
  since: string
}

const because = ({ reason }: Why) => (reason === undefined ? '' : ` (${reason})`)
const modemIs = (state: string) => (values: Named & Why) => `${values.modem} ${state}${because(values)}.`
const accountIs = (state: string) => (values: Why) => `The Signal account ${state}${because(values)}.`
const PUK =
  'Put it into a phone and enter its PUK there: it is in the papers of the SIM, or the operator tells it. A SIM without tries is void, and the operator gives another.'
const SEE_LOG = 'See the log: journalctl -u causeway, or what it wrote to the terminal.'
const MMS_DOCS = 'Then: causeway mms test. See “Picture messages” in the README and hardware.md.'
const SEE_FOLDER = 'See to the folder and its disk, then: causeway backup create.'
const backupFailed = ({ reason }: { reason: string }) => `Backups: the last backup failed: ${reason}.`
const PAUSED = { sms: 'Text messages', mms: 'Picture messages', signal: 'Messages over Signal' }
const sinceThen = ({ since }: Since) => `nothing leaves there since ${since}.`

export const RUNNING_WORDS = {
  'db.integrity.ok': { what: 'Database is well.' },
  'db.integrity': { what: ({ reason }: { reason: string }) => `Database: ${reason}.`, fix: SEE_LOG },
  'queue.down.ok': { what: 'Queue is well.' },
  'queue.down': { what: ({ reason }: { reason: string }) => `Queue: ${reason}.`, fix: SEE_LOG },

  'backup.never.no_key': {
    what: 'There are no backups: there is no recovery key yet.',
    fix: 'causeway backup key, or in the inbox under Settings, Backup; backups are made every day from then on.',
  },
  'backup.never': { what: 'Backups: there is no backup yet.', fix: SEE_FOLDER },
  'backup.never.failed': { what: backupFailed, fix: SEE_FOLDER },
  'backup.old': {
    what: ({ taken_at: takenAt }: { taken_at: string }) => `Backups: the last backup is of ${takenAt}.`,
    fix: SEE_FOLDER,
  },
  'backup.old.failed': { what: backupFailed, fix: SEE_FOLDER },
  'backup.old.ok': { what: 'Backups are made.' },
  'backup.restored': {
    what: ({ taken_at: takenAt, held }: { taken_at: string; held: number }) =>
      `This gateway was restored from a backup of ${takenAt}; ${held} messages wait for your decision because of it.`,
    fix: 'Approve or cancel them (causeway messages --status held), see that the gateway of before never starts again, then: causeway backup acknowledge.',
  },

  'modem.ready': { what: ({ modem }: Named) => `${modem} is ready.` },
  'modem.absent': {
    what: modemIs('is not there'),
    fix: 'Plug it in; if it is, see dmesg and try another cable or power supply.',
  },
  'modem.healing.starting': { what: modemIs('is starting') },
  'modem.healing': { what: modemIs('lost step and is finding its way back') },
  'modem.sim_pin': {
    what: modemIs('has a SIM that wants its PIN'),
    fix: 'Hand it in: causeway modem pin, or in the inbox under Settings, Modems; or put it under modems[].pin. After three wrong ones the SIM wants its PUK, in a phone.',
  },
  'modem.sim_puk': { what: modemIs('has a SIM that is blocked and wants its PUK'), fix: PUK },
  'modem.sim_puk.tries': {
    what: ({ modem, tries }: Named & { tries: number }) =>
      `${modem} has a SIM that is blocked and wants its PUK; tries left: ${tries}.`,
    fix: PUK,
  },
  'modem.no_sim': { what: modemIs('has no SIM'), fix: 'Put one in, contacts towards the modem.' },
  'modem.not_registered': {
    what: modemIs('is not registered with a network'),
    fix: 'Check antenna and place; a new SIM may need minutes, or a plan that is active.',
  },
  'modem.not_registered.denied': {
    what: modemIs('is not registered with a network, which refuses it'),
    fix: 'Check the plan of the SIM; a new one may need minutes.',
  },
  'modem.failed': { what: modemIs('gave up'), fix: 'Do what the reason says, then: causeway modem reset.' },
  'modem.low_signal': {
    what: ({ modem, dbm }: Named & { dbm: number }) => `${modem} hears ${dbm} dBm.`,
    fix: 'Move the antenna, or use a better one.',
  },
  'modem.storage_full': {
    what: ({ modem, used, total, memory }: Named & { used: number; total: number; memory: string }) =>
      `${modem}: ${used} of ${total} places for messages are taken in ${memory}.`,
    fix: 'Delete what is not ours in it: causeway modem at, AT+CMGL=4 and AT+CMGD.',
  },
  'modem.recovery_exhausted': {
    what: ({ modem }: Named) =>
      `${modem}: all that can be done from here was done, in vain; it is tried again in an hour.`,
    fix: 'Unplug it and plug it in again; look at its power supply, which is the usual cause.',
  },
  'modem.sim_changed': {
    what: ({ modem, since }: Named & Since) => `${modem} has another SIM than before, since ${since}.`,
    fix: 'If that was you, see that modems[].number and the Signal account still fit; restart the gateway to have this forgotten.',
  },
  'modem.no_smsc': {
    what: ({ modem }: Named) => `${modem} knows no message centre.`,
    fix: 'Ask the operator for its number and set it: AT+CSCA="+…".',
  },
  'modem.no_dlr': {
    what: ({ modem, count, days }: Named & Count & { days: number }) =>
      `${modem}: of ${count} texts within ${days} days none got a status report, though each asks for one.`,
    fix: 'Ask the operator whether this SIM has delivery reports. Without them a text stays “sent”, and one whose answer was lost stays uncertain; when a text takes the place of a Signal message does not depend on them.',
  },
  'modem.no_ims': {
    what: ({ modem }: Named) => `${modem} is on LTE only and not registered with IMS: texts may neither go nor come.`,
    fix: 'Ask the operator whether the SIM has SMS over IMS or SGs, and see hardware.md for the module’s carrier profile.',
  },
  'modem.mms_apn.missed': {
    what: ({ modem, count }: Named & Count) =>
      `${modem}: ${count} picture messages wait at the carrier, and MMS is not set up for this modem.`,
    fix: `Write “mms: {}” under the modem (its carrier is looked up), or the carrier’s settings; then causeway mms fetch. ${MMS_DOCS}`,
  },
  'modem.mms_apn': {
    what: ({ modem, reason }: Named & { reason: string }) => `${modem}: picture messages cannot be used (${reason}).`,
    fix: MMS_DOCS,
  },
  'modem.mms_bearer': {
    what: ({ modem, reason }: Named & { reason: string }) =>
      `${modem}: the connection for picture messages cannot be dialled (${reason}).`,
    fix: MMS_DOCS,
  },
  'modem.mms_send_only': {
    what: ({ modem }: Named) =>
      `${modem}: picture messages go and do not come, since its bearer is embedded (experimental); you are told of each that waits at the carrier.`,
    fix: `To receive them take another one: modems[].mms.bearer interface, modem-socket or ppp. ${MMS_DOCS}`,
  },
  'modem.mms_own_number': {
    what: ({ modem }: Named) =>
      `${modem}: its own number is not known, so messages to several people are shown between two.`,
    fix: 'Write it under modems[].number.',
  },

  'signal.unused': { what: 'Signal is not used: the mode is sms_only.' },
  'signal.connected': { what: 'Signal is connected.' },
  'signal.unregistered': {
    what: 'There is no Signal account: texts only.',
    fix: 'causeway signal register NUMBER (it logs out a phone that uses Signal with this number).',
  },
  'signal.unregistered.registering': { what: accountIs('is being registered') },
  'signal.unregistered.linking': { what: accountIs('is being linked with a phone') },
  'signal.socket_down.connecting': { what: accountIs('is connecting') },
  'signal.socket_down': {
    what: accountIs('has no connection; it tries again by itself'),
    fix: 'Check the way to the internet.',
  },
  'signal.challenge': {
    what: accountIs('may not send until a person solves a captcha'),
    fix: 'causeway signal status shows the page; then: causeway signal captcha TOKEN.',
  },
  'signal.connected_elsewhere': {
    what: accountIs('is connected from another place'),
    fix: 'Stop the other gateway with this account: two must never run.',
  },
  'signal.signed_out': {
    what: accountIs('was signed out: the number was registered elsewhere, or the phone has removed this device'),
    fix: 'If that was not you, register it again (causeway signal register) or link it again (causeway signal link).',
  },
  'signal.protocol_age.refused': {
    what: accountIs('uses a protocol library that the server no longer takes'),
    fix: 'Update Causeway.',
  },

  'queue.paused': {
    what: (values: Since) => `The queue is paused; ${sinceThen(values)}`,
    fix: 'Let it go on: causeway queue resume.',
  },
  'queue.paused.transport': {
    what: ({ transport, since }: Since & { transport: keyof typeof PAUSED }) =>
      `${PAUSED[transport]} are paused; ${sinceThen({ since })}`,
    fix: ({ transport }: { transport: string }) => `Let it go on: causeway queue resume --transport ${transport}.`,
  },
  'queue.paused.modem': {
    what: ({ modem, since }: Named & Since) => `${modem}: this modem is paused; ${sinceThen({ since })}`,
    fix: ({ lane }: { lane: string }) => `Let it go on: causeway queue resume --modem ${lane}.`,
  },
  'queue.held': {
    what: ({ count }: Count) => `${count} messages wait for your decision.`,
    fix: 'causeway messages --status held, then: causeway approve ID, or cancel ID.',
  },
  'queue.uncertain': {
    what: ({ count }: Count) =>
      `Of ${count} messages it is not known whether they left; their status report will tell.`,
  },
  'queue.stalled': {
    what: ({ minutes, since }: Since & { minutes: number }) =>
      `A message has waited ${durationInWords(minutes * 60_000)}, since ${since}.`,
    fix: 'See why: causeway messages --status queued, and causeway show ID.',
  },
  'queue.backlog': {
    what: ({ count }: Count) => `${count} messages wait to be sent.`,
    fix: 'A modem sends a text every few seconds; another modem shares the work.',
  },
  'queue.backlog.ok': { what: ({ count }: Count) => `${count} messages wait to be sent.` },
} satisfies Sentences
