CREATE TABLE IF NOT EXISTS "smile_id_events" (
  id text PRIMARY KEY,
  owner text,
  added timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS "smile_id_events_added" ON "smile_id_events" (added);
CREATE TABLE IF NOT EXISTS "smile_id_effects" (
  name text NOT NULL,
  per text NOT NULL,
  id text NOT NULL,
  happened_at timestamptz NOT NULL DEFAULT now(),
  recipient text,
  event_id text,
  said text,
  PRIMARY KEY (name, per, id)
);
ALTER TABLE "smile_id_effects" ADD COLUMN IF NOT EXISTS recipient text, ADD COLUMN IF NOT EXISTS event_id text, ADD COLUMN IF NOT EXISTS said text;
CREATE INDEX IF NOT EXISTS "smile_id_effects_happened_at" ON "smile_id_effects" USING brin (happened_at);
