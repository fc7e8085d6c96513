/**
 * What is public and fixed about Signal's own servers, each value with the place it comes from, and `parametersOf`,
 * which says the same of any server. No secrets here: these are public keys, certificates and addresses.
 *
 * Sources (read 2026-11): signal-cli `LiveConfig.java` and `StagingConfig.java` (trust roots, zkgroup parameters,
 * addresses; the 673 octets of production's server parameters are identical to mautrix-signal's
 * `prod-server-public-params.dat`), libsignal `rust/net/res` (CA certificates).
 */
import { X509Certificate } from 'node:crypto'
import type { SignalServer } from './server.ts'

export interface ServiceParameters {
  /** Sealed-sender trust roots, serialized public keys (33 octets each). */
  trustRoots: readonly Uint8Array<ArrayBuffer>[]
  zkgroup: {
    serverPublicParams: Uint8Array<ArrayBuffer>
    genericServerPublicParams: Uint8Array<ArrayBuffer>
    backupServerPublicParams: Uint8Array<ArrayBuffer>
  }
  /** PEM; the only roots to trust for the storage service and the CDNs. libsignal has its own copy for the chat. */
  caPems: readonly string[]
  storageUrl: string
  cdnUrls: Readonly<Record<'0' | '2' | '3', string>>
  /** Where a person gets a captcha token, for registering and for lifting a sending challenge. */
  captchaUrls: { registration: string; challenge: string }
  /**
   * The `client` of a verification request. Anything unknown gets the generic text message, which parses best; the mock
   * server accepts only the official clients' names.
   */
  verificationClient: string
}

/** Who we say we are; honest, and not the name of an official client. */
export const userAgent = 'Causeway'

const octets = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'))
const pem = (der: string) => new X509Certificate(octets(der)).toString()

/** libsignal `rust/net/res/signal.cer` (until 2032) and `signal-ed25519.cer` (until 2036). */
const signalCas = [
  'MIIF2zCCA8OgAwIBAgIUAMHz4g60cIDBpPr1gyZ/JDaaPpcwDQYJKoZIhvcNAQELBQAwdTELMAkGA1UEBhMCVVMxEzARBgNVBAgT' +
    'CkNhbGlmb3JuaWExFjAUBgNVBAcTDU1vdW50YWluIFZpZXcxHjAcBgNVBAoTFVNpZ25hbCBNZXNzZW5nZXIsIExMQzEZMBcGA1UE' +
    'AxMQU2lnbmFsIE1lc3NlbmdlcjAeFw0yMjAxMjYwMDQ1NTFaFw0zMjAxMjQwMDQ1NTBaMHUxCzAJBgNVBAYTAlVTMRMwEQYDVQQI' +
    'EwpDYWxpZm9ybmlhMRYwFAYDVQQHEw1Nb3VudGFpbiBWaWV3MR4wHAYDVQQKExVTaWduYWwgTWVzc2VuZ2VyLCBMTEMxGTAXBgNV' +
    'BAMTEFNpZ25hbCBNZXNzZW5nZXIwggIiMA0GCSqGSIb3DQEBAQUAA4ICDwAwggIKAoICAQDEecifxMHHlDhxbERVdErOhGsLO08P' +
    'UdNkATjZ1kT51uPf5JPiRbus9F4J/GgBQ4ANSAjIDZuFY0WOvG/i0qvxthpW70ocp8IjkiWTNiA81zQNQdCiWbGDU4B1sLi2o4Jg' +
    'JMweSkQFiyDynqWgHpw+KmvytCzRWnvrrptIfE4GPxNOsAtXFbVH++8JO42IaKRVlbfpe/lUHbjiYmIpQroZPGPY4Oql8KM3o39O' +
    'bPnTo1WoM4moyOOZpU3lV1awftvWBx1sbTBL02sQWfHRxgNVF+Pj0fdDMMFdFJobArrLVfK2Ua+dYN4pV5XIxzVarSRW73CXqQ+2' +
    'qloPW/ynpa3gRtYeGWV4jl7eD0PmeHpKOY78idP4H1jfAv0TAVeKpuB5ZFZ2szcySxrQa8d7FIf0kNJe9gIRjbQ+XrvnN+ZZvj6d' +
    '+8uBJq8LfQaFhlVfI0/aIdggScapR7w8oLpvdflUWqcTLeXVNLVrg15cEDwdlV8PVscT/KT0bfNzKI80qBq8LyRmauAqP0CDjayY' +
    'Gb2UAabnhefgmRY6aBE5mXxdbyAEzzCS3vDxjeTD8v8nbDq+SD6lJi0i7jgwEfNDhe9XK50baK15Udc8Cr/ZlhGMjNmWqBd0jIpa' +
    'Zm1rzWA0k4VwXtDwpBXSz8oBFshiXs3FD6jHY2IhOR3ppbyd4qRUpwIDAQABo2MwYTAOBgNVHQ8BAf8EBAMCAQYwDwYDVR0TAQH/' +
    'BAUwAwEB/zAdBgNVHQ4EFgQUtfNLxuXWS9DlgGuMUMNnW7yx83EwHwYDVR0jBBgwFoAUtfNLxuXWS9DlgGuMUMNnW7yx83EwDQYJ' +
    'KoZIhvcNAQELBQADggIBABUeiryS0qjykBN75aoHO9bVPrrX+DSJIB9V2YzkFVyh/io65QJMG8naWVGOSpVRwUwhZVKh3JVp/miP' +
    'gzTGAo7zhrDIoXc+ih7orAMb19qol/2Ha8OZLa75LojJNRbZoCR5C+gM8C+spMLjFf9k3JVxdajhtRUcR0zYhwsBS7qZ5Me0d6gR' +
    'XD0ZiSbadMMxSw6KfKk3ePmPb9gX+MRTS63c8mLzVYB/3fe/bkpq4RUwzUHvoZf+SUD7NzSQRQQMfvAHlxk11TVNxScYPtxXDyiy' +
    '3Cssl9gWrrWqQ/omuHipoH62J7h8KAYbr6oEIq+Czuenc3eCIBGBBfvCpuFOgckAXXE4MlBasEU0MO66GrTCgMt9bAmSw3TrRP12' +
    '+ZUFxYNtqWluRU8JWQ4FCCPcz9pgMRBOgn4lTxDZG+I47OKNuSRjFEP94cdgxd3H/5BK7WHUz1tAGQ4BgepSXgmjzifFT5FVTDTl' +
    '3ZnWUVBXiHYtbOBgLiSIkbqGMCLtrBtFIeQ7RRTb3L+IE9R0UB0cJB3AXbf1lVkOcmrdu2h8A32aCwtr5S1fBF1unlG7imPmqJfp' +
    'OMWa8yIF/KWVm29JAPq8Lrsybb0z5gg8w7ZblEuB9zOW9M3l60DXuJO6l7g+deV6P96rv2unHS8UlvWiVWDy9qfgAJizyy3kqM4l' +
    'OwBH',
  'MIIB6jCCAZygAwIBAgIQZ63sMAnwkztzx5hbyDXMeTAFBgMrZXAwdTELMAkGA1UEBhMCVVMxEzARBgNVBAgTCkNhbGlmb3JuaWEx' +
    'FjAUBgNVBAcTDU1vdW50YWluIFZpZXcxHjAcBgNVBAoTFVNpZ25hbCBNZXNzZW5nZXIsIExMQzEZMBcGA1UEAxMQU2lnbmFsIE1l' +
    'c3NlbmdlcjAeFw0yNjA2MTYyMTI5MTRaFw0zNjA2MTYyMTM0MTRaMHUxCzAJBgNVBAYTAlVTMRMwEQYDVQQIEwpDYWxpZm9ybmlh' +
    'MRYwFAYDVQQHEw1Nb3VudGFpbiBWaWV3MR4wHAYDVQQKExVTaWduYWwgTWVzc2VuZ2VyLCBMTEMxGTAXBgNVBAMTEFNpZ25hbCBN' +
    'ZXNzZW5nZXIwKjAFBgMrZXADIQDqbDeiChXLxNhkAWtVJrte76dVF3CQZ1H63vP730GLyKNCMEAwDgYDVR0PAQH/BAQDAgEGMA8G' +
    'A1UdEwEB/wQFMAMBAf8wHQYDVR0OBBYEFD2GRYOuJn772ETt81dnsGIK3rsrMAUGAytlcANBAFNxxqNrwodMHn+fKEK7llObEOOi' +
    'QHuIhb4hNhnQj8bR1nWSR3nDlEKHQGy2/fjCxAZ6iiAsTqwoGBF9djV4Rw4=',
]

const production: Omit<ServiceParameters, 'caPems'> = {
  trustRoots: ['BXu6QIKVz5MA8gstzfOgRQGqyLqOwNKHL6INkv3IHWMF', 'BUkY0I+9+oPgDCn4+Ac6Iu813yvqkDr/ga8DzLxFxuk6'].map(
    octets,
  ),
  zkgroup: {
    serverPublicParams: octets(
      'AMhf5ywVwITZMsff/eCyudZx9JDmkkkbV6PInzG4p8x3VqVJSFiMvnvlEKWuRob/1eaIetR31IYeAbm0NdOuHH8Qi+Rexi1wLlpz' +
        'Io1gstHWBfZzy1+qHRV5A4TqPp15YzBPm0WSggW6PbSn+F4lf57VCnHF7p8SvzAA2ZZJPYJURt8X7bbg+H3i+PEjH9DXItNEqs2s' +
        'Ncug37xZQDLm7X36nOoGPs54XsEGzPdEV+itQNGUFEjY6X9Uv+Acuks7NpyGvCoKxGwgKgE5XyJ+nNKlyHHOLb6N1NuHyBrZrgtY' +
        '/JYJHRooo5CEqYKBqdFnmbTVGEkCvJKxLnjwKWf+fEPoWeQFj5ObDjcKMZf2Jm2Ae69x+ikU5gBXsRmoF94GXTLfN0/vLt98KDPn' +
        'xwAQL9j5V1jGOY8jQl6MLxEs56cwXN0dqCnImzVH3TZT1cJ8SW1BRX6qIVxEzjsSGx3yxF3suAilPMqGRp4ffyopjMD1JXiKR2Rw' +
        'LKzizUe5e8XyGOy9fplzhw3jVzTRyUZTRSZKkMLWcQ/gv0E4aONNqs4P+NameAZYOD12qRkxosQQP5uux6B2nRyZ7sAV54DgFyLi' +
        'Rcq1FvwKw2EPQdk4HDoePrO/RNUbyNddnM/mMgj4FW65xCoT1LmjrIjsv/Ggdlx46ueczhMgtBunx1/w8k8V+l8LVZ8gAT6wkU5J' +
        '+DPQalQguMg12Jzug3q4TbdHiGCmD9EunCwOmsLuLJkz6EcSYXtrlDEnAM+hicw7iergYLLlMXpfTdGxJCWJmP4zqUFeTTmsmhsj' +
        'GBt7NiEB/9pFFEB3pSbf4iiUukw63Eo8Aqnf4iwob6X1QviCWuc8t0LUlT9vALgh/f2DPVOOmR0RW6bgRvc7DSF20V/omg+YBw==',
    ),
    genericServerPublicParams: octets(
      'AByD873dTilmOSG0TjKrvpeaKEsUmIO8Vx9BeMmftwUs9v7ikPwM8P3OHyT0+X3EUMZrSe9VUp26Wai51Q9I8mdk0hX/yo7CeFGJ' +
        'yzoOqn8e/i4Ygbn5HoAyXJx5eXfIbqpc0bIxzju4H/HOQeOpt6h742qii5u/cbwOhFZCsMIbElZTaeU+BWMBQiZHIGHT5IE0qCor' +
        'dQKZ5iPZom0HeFa8Yq0ShuEyAl0WINBiY6xE3H/9WnvzXBbMuuk//eRxXgzO8ieCeK8FwQNxbfXqZm6Ro1cMhCOF3u7xoX83QhpN',
    ),
    backupServerPublicParams: octets(
      'AJwNSU55fsFCbgaxGRD11wO1juAs8Yr5GF8FPlGzzvdJJIKH5/4CC7ZJSOe3yL2vturVaRU2Cx0n751Vt8wkj1bozK3CBV1UokxV' +
        '09GWf+hdVImLGjXGYLLhnI1J2TWEe7iWHyb553EEnRb5oxr9n3lUbNAJuRmFM7hrr0Al0F0wrDD4S8lo2mGaXe0MJCOM166F8oYR' +
        'QqpFeEHfiLnxA1O8ZLh7vMdv4g9jI5phpRBTsJ5IjiJrWeP0zdIGHEssUeprDZ9OUJ14m0v61eYJMKsf59Bn+mAT2a7YfB+Don9O',
    ),
  },
  storageUrl: 'https://storage.signal.org',
  cdnUrls: { '0': 'https://cdn.signal.org', '2': 'https://cdn2.signal.org', '3': 'https://cdn3.signal.org' },
  captchaUrls: {
    registration: 'https://signalcaptchas.org/registration/generate.html',
    challenge: 'https://signalcaptchas.org/challenge/generate.html',
  },
  verificationClient: 'causeway',
}

const staging: Omit<ServiceParameters, 'caPems'> = {
  trustRoots: ['BbqY1DzohE4NUZoVF+L18oUPrK3kILllLEJh2UnPSsEx', 'BYhU6tPjqP46KGZEzRs1OL4U39V5dlPJ/X09ha4rErkm'].map(
    octets,
  ),
  zkgroup: {
    serverPublicParams: octets(
      'ABSY21VckQcbSXVNCGRYJcfWHiAMZmpTtTELcDmxgdFbtp/bWsSxZdMKzfCp8rvIs8ocCU3B37fT3r4Mi5qAemeGeR2X+/YmOGR5' +
        'ofui7tD5mDQfstAI9i+4WpMtIe8KC3wU5w3Inq3uNWVmoGtpKndsNfwJrCg0Hd9zmObhypUnSkfYn2ooMOOnBpfdanRtrvetZUay' +
        'DMSC5iSRcXKpdlukrpzzsCIvEwjwQlJYVPOQPj4V0F4UXXBdHSLK05uoPBCQG8G9rYIGedYsClJXnbrgGYG3eMTG5hnx4X4ntARB' +
        'gELuMWWUEEfSK0mjXg+/2lPmWcTZWR9nkqgQQP0tbzuiPm74H2wMO4u1Wafe+UwyIlIT9L7KLS19Aw8r4sPrXZSSsOZ6s7M1+rTJ' +
        'N0bI5CKY2PX29y5Ok3jSWufIKcgKOnWoP67d5b2du2ZVJjpjfibNIHbT/cegy/sBLoFwtHogVYUewANUAXIaMPyCLRArsKhfJ5wB' +
        'tTminG/PAvuBdJ70Z/bXVPf8TVsR292zQ65xwvWTejROW6AZX6aqucUjlENAErBme1YHmOSpU6tr6doJ66dPzVAWIanmO/5mgjNE' +
        'DeK7DDqQdB1xd03HT2Qs2TxY3kCK8aAb/0iM0HQiXjxZ9HIgYhbtvGEnDKW5ILSUydqH/KBhW4Pb0jZWnqN/YgbWDKeJxnDbYcUo' +
        'b5ZY5Lt5ZCMKuaGUvCJRrCtuugSMaqjowCGRempsDdJEt+cMaalhZ6gczklJB/IbdwENW9KeVFPoFNFzhxWUIS5ML9riVYhAtE6J' +
        'E5jX0xiHNVIIPthb458cfA8daR0nYfYAUKogQArm0iBezOO+mPk5vCNWI+wwkyFCqNDXz/qxl1gAntuCJtSfq9OC3NkdhQlgYQ==',
    ),
    genericServerPublicParams: octets(
      'AHILOIrFPXX9laLbalbA9+L1CXpSbM/bTJXZGZiuyK1JaI6dK5FHHWL6tWxmHKYAZTSYmElmJ5z2A5YcirjO/yfoemE03FItyaf8' +
        'W1fE4p14hzb5qnrmfXUSiAIVrhaXVwIwSzH6RL/+EO8jFIjJ/YfExfJ8aBl48CKHgu1+A6kWynhttonvWWx6h7924mIzW0Czj2RO' +
        'uh4LwQyZypex4GuOPW8sgIT21KNZaafgg+KbV7XM1x1tF3XA17B4uGUaDbDw2O+nR1+U5p6qHPzmJ7ggFjSN6Utu+35dS1sS0P9N',
    ),
    backupServerPublicParams: octets(
      'AHYrGb9IfugAAJiPKp+mdXUx+OL9zBolPYHYQz6GI1gWjpEu5me3zVNSvmYY4zWboZHif+HG1sDHSuvwFd0QszSwuSF4X4kRP3fJ' +
        'REdTZ5MCR0n55zUppTwfHRW2S4sdQ0JGz7YDQIJCufYSKh0pGNEHL6hv79Agrdnr4momr3oXdnkpVBIp3HWAQ6IbXQVSG18X36Ga' +
        'icI1vdT0UFmTwU2KTneluC2eyL9c5ff8PcmiS+YcLzh0OKYQXB5ZfQ06d6DiINvDQLy75zcfUOniLAj0lGJiHxGczin/RXisKSR8',
    ),
  },
  storageUrl: 'https://storage-staging.signal.org',
  cdnUrls: {
    '0': 'https://cdn-staging.signal.org',
    '2': 'https://cdn2-staging.signal.org',
    '3': 'https://cdn3-staging.signal.org',
  },
  captchaUrls: {
    registration: 'https://signalcaptchas.org/staging/registration/generate.html',
    challenge: 'https://signalcaptchas.org/staging/challenge/generate.html',
  },
  verificationClient: 'causeway',
}

/** The parameters of a server: built in for Signal's own, taken from the configuration for a custom one. */
export function parametersOf(server: SignalServer): ServiceParameters {
  if (server.kind === 'production') return { ...production, caPems: signalCas.map(pem) }
  if (server.kind === 'staging') return { ...staging, caPems: signalCas.map(pem) }
  return {
    trustRoots: server.trustRoots.map((root) => new Uint8Array(root)),
    zkgroup: {
      serverPublicParams: new Uint8Array(server.zkgroup.serverPublicParams),
      genericServerPublicParams: new Uint8Array(server.zkgroup.genericServerPublicParams),
      backupServerPublicParams: new Uint8Array(server.zkgroup.backupServerPublicParams),
    },
    caPems: [server.caPem],
    storageUrl: server.storageUrl,
    cdnUrls: server.cdnUrls,
    captchaUrls: production.captchaUrls,
    verificationClient: 'desktop',
  }
}
