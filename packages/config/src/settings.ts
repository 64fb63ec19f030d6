/** Each role's typed slice of the settings. A role never reads the environment. */
import type { HostPort, ListenAddress } from './kinds.ts'
import { parseVariables } from './parse.ts'
import type { Parsed, Variables } from './parse.ts'
import { SETTINGS } from './table.ts'
import type { Values } from './table.ts'

export interface EdgeSettings {
  /** `https://host[:port]`; absent = answer with the address that the visitor used. */
  readonly publicUrl: string | undefined
  readonly httpPort: number
  /** Absent = no HTTPS. */
  readonly httpsPort: number | undefined
  readonly redirectsToHttps: boolean
  /** Absent = all addresses. */
  readonly bindAddress: string | undefined
}

export interface MediaSettings {
  /** UDP. */
  readonly port: number
  /** Media over TCP; absent = none. */
  readonly tcp: { readonly port: number; readonly mappedPort: number | undefined } | undefined
  /** Absent = as many as the machine is good for. */
  readonly threads: number | undefined
  /** Empty = find out from the machine's interfaces. */
  readonly advertisedAddresses: readonly ListenAddress[]
  readonly advertisesPrivateAddresses: boolean
  /** To learn public addresses from; may be empty. */
  readonly stunServers: readonly HostPort[]
}

export interface XmppSettings {
  readonly domain: string
  readonly mucDomain: string
  readonly authDomain: string
}

export interface LogSettings {
  readonly level: Values['LOG_LEVEL']
  readonly format: Values['PARLEY_LOG_FORMAT']
}

export interface Settings {
  readonly edge: EdgeSettings
  readonly media: MediaSettings
  readonly xmpp: XmppSettings
  readonly log: LogSettings
  /** As given, may be relative to the working directory. */
  readonly dataDirectory: string
  readonly stopTimeoutMs: number
}

/** @throws ConfigError with all problems */
export function parseSettings(variables: Variables): { settings: Settings; parsed: Parsed<typeof SETTINGS> } {
  const parsed = parseVariables(SETTINGS, variables)
  return { settings: slice(parsed.values), parsed }
}

function slice(values: Values): Settings {
  const dockerHost = values.DOCKER_HOST_ADDRESS
  return {
    edge: {
      publicUrl: values.PUBLIC_URL,
      httpPort: values.HTTP_PORT,
      httpsPort: values.DISABLE_HTTPS ? undefined : values.HTTPS_PORT,
      redirectsToHttps: values.ENABLE_HTTP_REDIRECT && !values.DISABLE_HTTPS,
      bindAddress: values.PARLEY_BIND_ADDRESS,
    },
    media: {
      port: values.JVB_PORT,
      tcp: values.JVB_TCP_HARVESTER_DISABLED
        ? undefined
        : { port: values.JVB_TCP_PORT, mappedPort: values.JVB_TCP_MAPPED_PORT },
      threads: values.PARLEY_MEDIA_THREADS,
      advertisedAddresses: values.JVB_ADVERTISE_IPS ?? (dockerHost ? [{ ip: dockerHost }] : []),
      advertisesPrivateAddresses: values.JVB_ADVERTISE_PRIVATE_CANDIDATES,
      stunServers: values.JVB_DISABLE_STUN ? [] : (values.JVB_STUN_SERVERS ?? []),
    },
    xmpp: { domain: values.XMPP_DOMAIN, mucDomain: values.XMPP_MUC_DOMAIN, authDomain: values.XMPP_AUTH_DOMAIN },
    log: { level: values.LOG_LEVEL, format: values.PARLEY_LOG_FORMAT },
    dataDirectory: values.PARLEY_DATA_DIR,
    stopTimeoutMs: values.PARLEY_STOP_TIMEOUT,
  }
}
