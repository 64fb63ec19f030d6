/** Real addresses are always visible: clients tell the focus and service users by them. The form shows it; no form changes it. */
import type { RoomFeatureFactory } from '../feature.ts'

export const openAddresses: RoomFeatureFactory = () => ({
  features: () => ['muc_nonanonymous'],
  configFields: () => [
    {
      name: 'muc#roomconfig_whois',
      type: 'list-single',
      label: 'Who sees real addresses',
      values: ['anyone'],
      options: ['anyone'],
    },
  ],
})
