/** How the API shows what the drivers are and do: modems, ports, the Signal account. */
import type { MmsTestView, ModemTexts, ModemView, PortView, RecoveryStepView } from './modem-port.ts'
import type { SignalDeviceView, SignalView } from './ports.ts'
import { time } from './views.ts'

/** Also while it looks again: until the SIM is seen to be open it is what was seen last. */
function simLockView({ state, simLock }: ModemView) {
  if ((state !== 'sim-locked' && state !== 'starting') || simLock === undefined) return null
  return { wants: simLock.wants, tries_left: simLock.triesLeft ?? null, tries_told: simLock.isTold }
}

export function modemView(modem: ModemView) {
  return {
    id: modem.id,
    port: modem.port,
    label: modem.label ?? null,
    state: modem.state,
    reason: modem.reason ?? null,
    manufacturer: modem.manufacturer ?? null,
    model: modem.model ?? null,
    revision: modem.revision ?? null,
    profile: modem.profile ?? null,
    imei: modem.imei ?? null,
    imsi: modem.imsi ?? null,
    iccid: modem.iccid ?? null,
    sim_lock: simLockView(modem),
    number: modem.number ?? null,
    operator: modem.operator ?? null,
    registration: modem.registration,
    networks: {
      circuit: modem.networks?.circuit ?? null,
      packet: modem.networks?.packet ?? null,
      eps: modem.networks?.eps ?? null,
      ims: modem.networks?.ims ?? null,
    },
    signal_dbm: modem.signalDbm ?? null,
    smsc: modem.smsc ?? null,
    storage: modem.storage,
    recovery: {
      counts: modem.recovery.counts,
      last: modem.recovery.last === undefined ? null : recoveryStepView(modem.recovery.last),
      history: modem.recovery.history.map(recoveryStepView),
      hard_resets_at: modem.recovery.hardAtMs.map((atMs) => time(atMs)),
    },
    since: time(modem.sinceMs),
    texts: modem.texts === undefined ? null : modemTextsView(modem.texts),
    mms:
      modem.mms === undefined
        ? null
        : {
            available: modem.mms.available,
            code: modem.mms.code ?? null,
            reason: modem.mms.reason ?? null,
            bytes_max: modem.mms.bytesMax ?? null,
            carrier: modem.mms.carrier ?? null,
            bearer: modem.mms.bearer,
            sends_only: modem.mms.sendsOnly,
            candidates: modem.mms.candidates,
          },
  }
}

export function mmsTestView({ startedAtMs, ...test }: MmsTestView) {
  return { ...test, started_at: time(startedAtMs) }
}

function recoveryStepView({ step, code, reason, atMs }: RecoveryStepView) {
  return { step, code: code ?? null, reason, at: time(atMs) }
}

function modemTextsView(texts: ModemTexts) {
  return {
    available: texts.available,
    code: texts.code ?? null,
    reason: texts.reason ?? null,
    today: texts.today ?? null,
    daily_quota: texts.dailyQuota ?? null,
    this_month: texts.thisMonth ?? null,
    monthly_quota: texts.monthlyQuota ?? null,
    per_minute: texts.perMinute ?? null,
    cost_per_part: texts.costPerPart ?? null,
    prefixes: texts.prefixes,
  }
}

export function portView(port: PortView) {
  return {
    port: port.port,
    usb_id: port.usbId ?? null,
    interface: port.interfaceNumber ?? null,
    product: port.product ?? null,
    result: port.result,
    reason: port.reason ?? null,
    imei: port.imei ?? null,
    manufacturer: port.manufacturer ?? null,
    model: port.model ?? null,
    profile: port.profile ?? null,
  }
}

export function signalView(signal: SignalView) {
  return {
    state: signal.state,
    reason: signal.reason ?? null,
    number: signal.e164 ?? null,
    aci: signal.aci ?? null,
    device_id: signal.deviceId ?? null,
    username: signal.username?.username ?? null,
    username_link: signal.username?.link ?? null,
    discovery:
      signal.discovery === undefined
        ? null
        : {
            new_numbers_today: signal.discovery.newToday,
            remembered_numbers: signal.discovery.remembered,
            wait_until: time(signal.discovery.notBeforeMs),
          },
    since: time(signal.sinceMs),
    registration: registrationView(signal.registration),
    link: linkView(signal.link),
    warnings: signal.warnings,
    challenge:
      signal.challenge === undefined
        ? null
        : { page_url: signal.challenge.pageUrl, retry_at: time(signal.challenge.retryAtMs) },
  }
}

export function signalDeviceView(device: SignalDeviceView) {
  return {
    id: device.id,
    name: device.name ?? null,
    this_device: device.isThis,
    primary: device.isPrimary,
    last_seen_at: time(device.lastSeenAtMs),
    linked_at: time(device.linkedAtMs),
  }
}

function linkView(step: SignalView['link']) {
  if (step?.step === 'scan') return { step: step.step, uri: step.uri, expires_at: time(step.expiresAtMs) }
  return step ?? null
}

function registrationView(step: SignalView['registration']) {
  switch (step?.step) {
    case undefined:
      return null
    case 'captcha':
      return { step: step.step, number: step.e164, page_url: step.pageUrl }
    case 'code':
      return {
        step: step.step,
        number: step.e164,
        transport: step.transport,
        requested_at: time(step.requestedAtMs),
        next_request_at: time(step.transport === 'sms' ? step.nextSmsAtMs : step.nextCallAtMs),
        next_sms_at: time(step.nextSmsAtMs),
        next_call_at: time(step.nextCallAtMs),
      }
    case 'pin':
      return {
        step: step.step,
        number: step.e164,
        locked_until: time(step.lockedUntilMs),
        pin_of_use: step.isPinOfUse,
        tries_left: step.triesLeft ?? null,
      }
    case 'transfer':
    case 'registering':
      return { step: step.step, number: step.e164 }
    case 'failed':
      return {
        step: step.step,
        number: step.e164,
        code: step.code,
        reason: step.reason,
        retry_at: time(step.retryAtMs),
      }
  }
}
