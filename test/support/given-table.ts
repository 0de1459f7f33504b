/** The columns of `user_logins` as they were asked for, and as other programs make them. */
export const GIVEN_COLUMNS = `user_id varchar(128), device_type varchar(32), masked_ip varchar(256),
  masked_device_id varchar(256), locale varchar(32), app_version integer, create_date date`;

export const GIVEN_TABLE = `create table user_logins (${GIVEN_COLUMNS})`;
