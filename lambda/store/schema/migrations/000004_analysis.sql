-- 2003000 is "2.3.0", the way back from how app_version is stored.
create function app_version_text(app_version integer) returns text
language sql immutable strict parallel safe
return format('%s.%s.%s', app_version / 1000000, app_version / 1000 % 1000, app_version % 1000);

-- Pseudonyms that came with more than one login. Logins without a value are not duplicates of each other, nor are those
-- whose ip was text (k1t_...): "unknown" would make one address of everybody behind it.
create view duplicate_ips as
select masked_ip, count(*) as logins, count(distinct user_id) as users,
       min(create_date) as first_date, max(create_date) as last_date
from user_logins
where masked_ip is not null and masked_ip not like 'k%t\_%'
group by masked_ip
having count(*) > 1;

create view duplicate_devices as
select masked_device_id, count(*) as logins, count(distinct user_id) as users,
       min(create_date) as first_date, max(create_date) as last_date
from user_logins
where masked_device_id is not null
group by masked_device_id
having count(*) > 1;
