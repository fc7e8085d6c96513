/**
 * Every wait and bound of the modem side, by name. The values are those of `reference` practice for real modems
 * (27.005 and the vendors' manuals give the command limits); tests hand in smaller ones.
 */
import type { ChannelTimings } from './at/channel.ts'

export interface ModemTimings extends ChannelTimings {
  baudRate: number
  openTimeoutMs: number
  closeTimeoutMs: number
  /** How often to look whether the device is still there. */
  presenceEveryMs: number
  /** Between two tries to open the port: doubles from the first to the second. */
  reopenFirstMs: number
  reopenMaxMs: number
  /** How long a port may take to tell who is behind it. */
  probeLimitMs: number
  /** Searching leaves a port alone for so long, where no modem answered and no family has such a device. */
  strangerRetryMs: number
  /** Settings and queries. */
  commandTimeoutMs: number
  /** Commands that reach into SIM or network: CPIN, CPMS, CFUN, COPS. */
  slowCommandTimeoutMs: number
  listTimeoutMs: number
  promptTimeoutMs: number
  beforeBodyTimeoutMs: number
  /** From the body to the final result of AT+CMGS: the longest that vendors name. */
  submitTimeoutMs: number
  /** How long a SIM may be busy or not there yet before it is called missing. */
  simReadyMs: number
  /** How long the SMS part of the modem may take to be ready. */
  smsReadyMs: number
  notReadyRetryMs: number
  /** A locked or missing SIM, or a refused identity, is looked at again. */
  recheckMs: number
  pollEveryMs: number
  /** After a direct message was left unacknowledged: until the modem has given up on it, and is set right again. */
  routingCheckMs: number
  sinkTimeoutMs: number
  /** From a USSD request that the modem took to the network's answer. */
  ussdAnswerMs: number
  /** A session that wants a reply is ended when nobody replies for so long. */
  ussdReplyMs: number
  /** No ring for so long: the call is over. Networks ring every four to six seconds. */
  ringGapMs: number
  /** A call that is to be refused waits so long for its caller's number. */
  callerWaitMs: number
  /** After the sink refused a message: doubles from the first to the second. */
  sinkRetryFirstMs: number
  sinkRetryMaxMs: number
  /** Commands in a row without an answer after which the port is opened anew. */
  timeoutsInRowMax: number
  /** Rounds of polling in a row that failed after which the ladder is climbed. */
  pollFailuresMax: number
  /** Start sequences in a row that failed after which the module is restarted. */
  startFailuresMax: number
  /** Without a network for so long, the radio is switched off and on. */
  unregisteredMaxMs: number
  /** Likewise when a modem that has told a signal strength tells none any more (+CSQ: 99). */
  signalLostMaxMs: number
  /** Between AT+CFUN=4 and AT+CFUN=1. */
  radioOffMs: number
  /** Restarts of the module and of its USB port by ourselves, in any 24 hours. */
  hardResetsPerDayMax: number
  /** From the restart of the module until the port is opened anew. */
  afterHardResetMs: number
  /** A module that was restarted may be gone or silent for so long: nothing is done about it. */
  rebootMs: number
  /** How long the USB device stays switched off. */
  usbOffMs: number
  /** A port that was lent is taken back after this; who dials on it has to end before (`LENT_SECONDS_MAX`). */
  lentMaxMs: number
  /** Before a modem that was given up is tried again; its return after a replug is seen at once. */
  gaveUpRetryMs: number
  /** Longest that `reset()` waits for the modem to be back. */
  resetLimitMs: number
  stopLimitMs: number
}

export const DEFAULT_TIMINGS: ModemTimings = {
  baudRate: 115_200,
  openTimeoutMs: 10_000,
  closeTimeoutMs: 2_000,
  presenceEveryMs: 2_000,
  reopenFirstMs: 500,
  reopenMaxMs: 15_000,
  probeLimitMs: 2_000,
  strangerRetryMs: 300_000,
  commandTimeoutMs: 5_000,
  slowCommandTimeoutMs: 30_000,
  listTimeoutMs: 30_000,
  promptTimeoutMs: 10_000,
  beforeBodyTimeoutMs: 30_000,
  submitTimeoutMs: 180_000,
  simReadyMs: 30_000,
  smsReadyMs: 60_000,
  notReadyRetryMs: 1_000,
  recheckMs: 30_000,
  pollEveryMs: 60_000,
  routingCheckMs: 20_000,
  sinkTimeoutMs: 60_000,
  ussdAnswerMs: 45_000,
  ussdReplyMs: 120_000,
  ringGapMs: 10_000,
  callerWaitMs: 4_000,
  sinkRetryFirstMs: 1_000,
  sinkRetryMaxMs: 60_000,
  timeoutsInRowMax: 3,
  pollFailuresMax: 3,
  startFailuresMax: 3,
  unregisteredMaxMs: 600_000,
  signalLostMaxMs: 900_000,
  radioOffMs: 2_000,
  hardResetsPerDayMax: 4,
  afterHardResetMs: 5_000,
  rebootMs: 90_000,
  usbOffMs: 2_000,
  lentMaxMs: 660_000,
  gaveUpRetryMs: 3_600_000,
  resetLimitMs: 180_000,
  stopLimitMs: 5_000,
  writeTimeoutMs: 5_000,
  settleAfterErrorMs: 30,
  staleOkMs: 300,
  staleOkAfterBodyMs: 5_000,
  urcBodyTimeoutMs: 2_000,
  resyncQuietMs: 300,
  resyncQuietMaxMs: 2_000,
  resyncProbeTimeoutMs: 3_000,
  resyncTriesMax: 3,
  handshakeQuietMs: 200,
  handshakeTriesMax: 10,
  handshakeTimeoutMs: 500,
  escapeGuardMs: 1_000,
  bootGraceMs: 20_000,
  ageingMs: 10_000,
}
