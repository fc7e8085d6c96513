/**
 * The families of the field as the simulator plays them. Each row names only what differs from the default, and `why`:
 * where that is known from. [S] read in the source of gammu, ModemManager or smstools3; [I] told by users in an issue
 * thread; [V] in the vendor's manual; [M] common knowledge of those who use them, not checked on a device. None of it
 * was measured on hardware: these are habits to be survived, not statements about a firmware.
 */
import { DEFAULT_PROFILE, type ModemProfile } from './profile.ts'

export interface Family {
  why: string
  profile: Partial<ModemProfile>
}

const USB_PACE = { ...DEFAULT_PROFILE.pace, bootMs: 9_000, registerMs: 4_000, smsReadyMs: 3_000, answerMs: 8 }

const QUECTEL: Partial<ModemProfile> = {
  manufacturer: 'Quectel',
  bootLines: ['RDY', '+CFUN: 1', '+CPIN: READY', '+QUSIM: 1'],
  smsReadyLines: ['+QIND: SMS DONE', '+QIND: PB DONE'],
  pace: USB_PACE,
  memories: { ME: 127, SM: 40 },
  joinedMemory: true,
  memoryAtStart: 'ME',
  firstSlot: 0,
  cnmi: { mode: [0, 1, 2], mt: [0, 1, 2, 3], bm: [0, 2], ds: [0, 1, 2], bfr: [0, 1] },
  flash: 'direct',
  vendorCommands: { '+QURCCFG': [], '+QCFG': [], '+QINISTAT': ['+QINISTAT: 7'] },
  iccidCommand: '+QCCID',
  pinCounter: '+QPINC',
  fullLines: ['+QIND: "SMSFULL","ME"'],
  sockets: 'quectel',
  mms: 'quectel',
  unroutedReports: 'dropped',
}

const HUAWEI: Partial<ModemProfile> = {
  manufacturer: 'huawei',
  bootLines: ['^BOOT:27710117,0,0,0,75', '^SIMST:1', '^SRVST:2'],
  pace: USB_PACE,
  memoryAtStart: 'SM',
  firstSlot: 0,
  unsolicitedEnd: '\r\r\n',
  unknownCommand: 'COMMAND NOT SUPPORT',
  vendorCommands: { '^CURC': [], '^PORTSEL': [], '^GETPORTMODE': ['^GETPORTMODE: TYPE: WCDMA: huawei,PCUI:0,MDM:1'] },
  restartCommands: ['^RESET'],
  iccidCommand: '^ICCID',
  pinCounter: '^CPIN',
  ussdCoding: 'packed',
  fullLines: ['^SMMEMFULL: "SM"'],
  unroutedReports: 'dropped',
}

export const FAMILIES: Readonly<Record<string, Family>> = {
  sim7600: {
    why: 'boot lines and +CMTI variants [S ModemManager]; slots start with zero [V]; ds=1 offered, only 2 taken, as many Qualcomm ones do [S]',
    profile: {
      manufacturer: 'SIMCOM INCORPORATED',
      model: 'SIMCOM_SIM7600G-H',
      revision: '+CGMR: LE20B04SIM7600G22',
      bootLines: ['RDY', '+CPIN: READY'],
      smsReadyLines: ['SMS DONE', 'PB DONE'],
      pace: { ...USB_PACE, bootMs: 14_000 },
      memories: { ME: 23, SM: 40, SR: 10 },
      joinedMemory: true,
      memoryAtStart: 'SM',
      firstSlot: 0,
      cnmi: { mode: [0, 1, 2], mt: [0, 1, 2, 3], bm: [0, 2], ds: [0, 1, 2], bfr: [0, 1] },
      cnmiRefused: [{ ds: 1 }],
      vendorCommands: { '+CNMP': ['+CNMP: 2'], '+CSCLK': ['+CSCLK: 0'] },
      restartCommands: ['+CRESET'],
      iccidCommand: '+ICCID',
      pinCounter: '+SPIC',
      missedCallLines: ['VOICE CALL: END: 000000', 'MISSED_CALL: 09:26AM %', 'NO CARRIER'],
      fullLines: ['+SMS FULL'],
      sockets: 'simcom',
      unroutedReports: 'dropped',
    },
  },
  a7670: {
    why: '*ATREADY and +SMS FULL [I LilyGO #184]; SMS DONE, PB DONE [S]; one small memory kept full blocks reception [I]',
    profile: {
      manufacturer: 'INCORPORATED',
      model: 'A7670E-FASE',
      revision: 'A7670M7_V1.11.1',
      bootLines: ['*ATREADY: 1', '+CPIN: READY'],
      smsReadyLines: ['SMS DONE', 'PB DONE'],
      pace: USB_PACE,
      memories: { SM: 15 },
      cnmi: { mode: [0, 1, 2], mt: [0, 1, 2], bm: [0], ds: [0, 1], bfr: [0, 1] },
      csms1: false,
      flash: 'lost',
      restartCommands: ['+CRESET'],
      iccidCommand: '+ICCID',
      pinCounter: '+SPIC',
      lacks: ['+CPINR'],
      fullLines: ['+SMS FULL'],
      sockets: 'simcom',
    },
  },
  ec25: {
    why: '+QIND and +QUSIM lines [S ModemManager]; +CNMA within 300 ms, a second one is +CMS ERROR: 340 [V]',
    profile: { ...QUECTEL, model: 'EC25', revision: 'EC25EFAR06A06M4G' },
  },
  eg25: {
    why: 'as EC25; a larger memory [M]',
    profile: {
      ...QUECTEL,
      model: 'EG25',
      revision: 'EG25GGBR07A08M2G',
      memories: { ME: 255, SM: 40 },
    },
  },
  e3372: {
    why: 'noise of ^RSSI, ^HCSQ and friends, lines that end \\r\\r\\n [S]; slots from 0 (SMS_LOCATION_0) [S gammu]; USSD packed [S]',
    profile: {
      ...HUAWEI,
      model: 'E3372',
      revision: '21.200.07.00.00',
      memories: { SM: 30, ME: 255 },
      noise: {
        lines: [
          '^RSSI:18',
          '^HCSQ:"LTE",52,40,111,24',
          '^LTERSRP:-97,-10',
          '^DSFLOWRPT:0000000A,0,0,0,0,0,0',
          '^MODE:7,17',
        ],
        everyMs: 3_000,
        everyAnswers: 4,
      },
    },
  },
  e173: {
    why: '+CMGL hangs (F_DISABLE_CMGL, gammu #4) [I]; +CMMS refused with 500 [I #138]; 20 to 50 slots, +CPMS only with all three [M]',
    profile: {
      ...HUAWEI,
      model: 'E173',
      revision: '11.126.85.00.209',
      memories: { SM: 20 },
      listing: 'hangs',
      emptySlot: 'error',
      cpmsArguments: [3],
      cmms: false,
      cmsCodes: { 303: 500 },
      csms1: false,
      lacks: ['+CEREG', '+CIREG', '+CPINR'],
      noise: {
        lines: ['^RSSI:21', '^BOOT:27710117,0,0,0,75', '^MODE:5,4', '^CSNR:-81,-5', '^STIN:0,0,0'],
        everyMs: 2_000,
        everyAnswers: 3,
      },
    },
  },
  sara: {
    why: '+AT: READY and +PBREADY [S ModemManager]; a prompt without blank, answer to +CMGS up to 180 s [V]; empty slots are 321 [V]',
    profile: {
      manufacturer: 'u-blox',
      model: 'SARA-U201',
      revision: '23.60',
      bootLines: ['+AT: READY'],
      smsReadyLines: ['+PBREADY'],
      pace: { ...USB_PACE, bootMs: 6_000, submitMs: 3_600 },
      memories: { SM: 30, ME: 100, BM: 5 },
      joinedMemory: true,
      memoryAtStart: 'ME',
      emptySlot: 'error',
      cnmi: { mode: [0, 1, 2, 3], mt: [0, 1, 2, 3], bm: [0, 1, 2, 3], ds: [0, 1, 2], bfr: [0, 1] },
      flash: 'direct',
      promptText: '\r\n>',
      vendorCommands: { '+UPSV': ['+UPSV: 0'], '+UPINCNT': ['+UPINCNT: 3,3,10,10'] },
      pinCounter: undefined,
      lacks: ['+CPINR', '+CEREG', '+CIREG'],
    },
  },
  le910: {
    why: 'CNMI must be 2,x,0,1 [I gammu #272]; the next +CMT waits for +CNMA [V]; says nothing at boot [M]',
    profile: {
      manufacturer: 'Telit',
      model: 'LE910C1-EU',
      revision: '25.30.224',
      bootLines: [],
      pace: USB_PACE,
      memories: { SM: 25, ME: 99 },
      memoryAtStart: 'SM',
      cnmi: { mode: [0, 1, 2], mt: [0, 1, 2, 3], bm: [0], ds: [0, 1], bfr: [0] },
      cnmiRefused: [{ mode: 1 }],
      vendorCommands: { '#SMSMODE': ['#SMSMODE: 1'], '#PORTCFG': ['#PORTCFG: 0,0'], '#QSS': ['#QSS: 0,1'] },
      restartCommands: ['#REBOOT'],
      iccidCommand: '#CCID',
      pinCounter: '#PCT',
      lacks: ['+CPINR', '+CCID'],
    },
  },
  mf190: {
    why: 'floods the port until AT+CPMS? [S gammu]; +ZPASR, +ZDONR, +ZUSIMR, +ZEND [S]; ME of 100 [M]',
    profile: {
      manufacturer: 'ZTE INCORPORATED',
      model: 'MF190',
      revision: 'BD_MF190V1.0.0B05',
      bootLines: ['+ZUSIMR:2'],
      pace: USB_PACE,
      memories: { ME: 100, SM: 20 },
      memoryAtStart: 'ME',
      firstSlot: 0,
      csms1: false,
      cnmi: { mode: [0, 1, 2], mt: [0, 1, 2], bm: [0, 2], ds: [0, 1], bfr: [0, 1] },
      vendorCommands: { '+ZCDRUN': ['Close autorun state result(0:FAIL 1:SUCCESS):1'], '+ZOPRT': [] },
      lacks: ['+CEREG', '+CIREG', '+CPINR', '+CMMS'],
      pinCounter: undefined,
      noise: {
        lines: ['+ZUSIMR:2', '+ZDONR: "Sim",262,99,"CS_PS","ROAM_OFF"', '+ZPASR: "HSPA"'],
        everyMs: 100,
        everyAnswers: 1,
        quietedBy: 'AT+CPMS?',
      },
      unroutedReports: 'dropped',
    },
  },
  sim800: {
    why: 'autobaud loses the first line [M]; Call Ready, SMS Ready; 51x for its own parameter errors [M]; only the SIM’s memory',
    profile: {
      manufacturer: 'SIMCOM_Ltd',
      model: 'SIMCOM_SIM800L',
      revision: 'Revision:1418B05SIM800L24',
      bootLines: ['RDY', '+CFUN: 1', '+CPIN: READY'],
      smsReadyLines: ['Call Ready', 'SMS Ready'],
      pace: { ...USB_PACE, bootMs: 3_000, registerMs: 6_000, smsReadyMs: 4_000, answerMs: 15 },
      memories: { SM: 10 },
      losesFirstLine: true,
      cmsCodes: { 302: 512, 303: 517, 304: 513 },
      notReady: 302,
      pinCounter: '+SPIC',
      lacks: ['+CEREG', '+CIREG', '+CPINR'],
      fullLines: [],
      mms: 'simcom',
    },
  },
}

/** A family by its name in lower case. Throws RangeError for others, saying which there are. */
export function familyProfile(name: string): Partial<ModemProfile> {
  const family = Object.hasOwn(FAMILIES, name) ? FAMILIES[name] : undefined
  if (family === undefined) throw new RangeError(`no family ${name}; there are ${Object.keys(FAMILIES).join(', ')}`)
  return family.profile
}
