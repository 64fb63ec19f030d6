export * from './jid.ts'
export * from './media.ts'
export * from './namespaces.ts'
export * from './xml.ts'
