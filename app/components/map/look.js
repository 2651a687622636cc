// What is looked at, for the map on the same page, which may come before or after; the map itself is not sent again.
export default function ({ data }) {
  const meeting = (globalThis.networkMap ??= {});
  meeting.look = data;
  meeting.met?.();
  return () => { if (meeting.look === data) meeting.look = null; };
}
