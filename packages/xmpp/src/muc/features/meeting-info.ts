/** Which meeting this is and when it began: what clients show as its id and its duration. */
import type { RoomFeatureFactory } from '../feature.ts'

export const meetingInfo: RoomFeatureFactory = (room) => ({
  infoFields: () => [
    { name: 'muc#roominfo_meetingId', type: 'text-single', label: 'Meeting id', values: [room.meetingId] },
    {
      name: 'muc#roominfo_created_timestamp',
      type: 'text-single',
      label: 'Created (ms since 1970)',
      values: [String(room.createdAtMs)],
    },
  ],
})
