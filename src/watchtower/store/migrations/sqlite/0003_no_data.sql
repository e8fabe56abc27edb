-- "blind" is called no_data. An alert is found by its rule, check and series, whatever its fingerprint is.

UPDATE alerts SET rule = 'watchtower-no-data',
data = REPLACE(data, '"rule":"watchtower-blind"', '"rule":"watchtower-no-data"') WHERE rule = 'watchtower-blind';
UPDATE incidents SET incident_key = 'no_data', data = REPLACE(data, '"key":"blind"', '"key":"no_data"')
WHERE incident_key = 'blind';
CREATE UNIQUE INDEX alerts_by_key ON alerts (rule, check_name, series);
