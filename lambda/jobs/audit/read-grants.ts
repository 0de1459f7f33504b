import type { ClientBase } from 'pg';
import { type Grant, LOGINS, listedGrants, OBJECTS, ROLES } from './grants.ts';

/** A grant that was found; `public` is everybody. */
export interface FoundGrant extends Grant {
  canPassOn: boolean;
}

export interface Membership {
  member: string;
  role: string;
}

export interface AccessFindings {
  /** Beyond the list. */
  grants: FoundGrant[];
  /** Rights of our roles that they have by other ways: as members of other roles, or of the whole server. */
  memberships: Membership[];
  attributes: { role: string; attribute: string }[];
  /** Not findings: who else may read the logins, and who may act as one of our roles or reads every table. */
  readers: string[];
  members: Membership[];
}

/** A partition's grants count as those of the whole; a grant to the owner says nothing. */
const FOUND_GRANTS = `
  with recursive logins as (
    select 'user_logins'::regclass::oid as oid
    union all
    select inhrelid from pg_inherits join logins on inhparent = logins.oid
  ), home as (
    select relnamespace as oid from pg_class where oid = 'user_logins'::regclass
  ), relation as (
    select oid, relowner as owner, relacl as acl,
           case when oid in (select oid from logins) then 'user_logins' else relname::text end as object
    from pg_class
    where oid in (select oid from logins) or (relnamespace in (select oid from home) and relname = any ($1))
  ), held as (
    select object, null::text as column, owner, acl from relation
    union all
    select object, attname::text, owner, attacl from relation join pg_attribute on attrelid = oid where not attisdropped
    union all
    select proname || '()', null, proowner, coalesce(proacl, acldefault('f', proowner))
    from pg_proc where pronamespace in (select oid from home) and proname || '()' = any ($1)
  )
  select distinct coalesce(rolname::text, 'public') as role, object, held.column, lower(privilege_type) as privilege,
         is_grantable as "canPassOn"
  from held cross join aclexplode(acl) left join pg_roles on pg_roles.oid = grantee
  where grantee <> owner
  order by 1, 2, 3 nulls first, 4`;

/** Every server has these two, and members of them pass by every grant on a table. */
const EVERY_TABLE = ['pg_read_all_data', 'pg_write_all_data'];

const MEMBERSHIPS = `
  select member.rolname::text as member, granted.rolname::text as role
  from pg_auth_members
  join pg_roles as granted on granted.oid = roleid
  join pg_roles as member on member.oid = pg_auth_members.member
  where not member.rolsuper
    and member.oid <> (select relowner from pg_class where oid = 'user_logins'::regclass)
    and (member.rolname = any ($1) or granted.rolname = any ($1 || $2))
  order by 1, 2`;

const ATTRIBUTES = `
  select rolname::text as role, attribute
  from pg_roles,
    unnest(array['superuser', 'createrole', 'createdb', 'replication', 'bypassrls'],
           array[rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls]) as has (attribute, it)
  where rolname = any ($1) and it
  order by 1, 2`;

/** By which RDS lets a role log in with a token, and which gives no other right. */
const LOGIN_WITH_TOKEN = 'rds_iam';

/** Given by hand or by a stage's migration, where the maintenance is to erase by age. Told, and not a finding. */
function isForMaintenance({ member, role }: Membership): boolean {
  return member === 'login_maintainer' && role === 'login_eraser';
}

export async function findAccess(client: ClientBase): Promise<AccessFindings> {
  const found = await readGrants(client);
  const listed = new Set(listedGrants().map(nameOf));
  const beyond = found.filter((grant) => grant.canPassOn || !listed.has(nameOf(grant)));
  const reads = beyond.filter(isReader);
  const { rows: memberships } = await client.query<Membership>(MEMBERSHIPS, [ROLES, EVERY_TABLE]);
  const isFinding = (membership: Membership) => ROLES.includes(membership.member) && !isForMaintenance(membership);
  const { rows: attributes } = await client.query<{ role: string; attribute: string }>(ATTRIBUTES, [ROLES]);
  return {
    grants: beyond.filter((grant) => !isReader(grant)),
    memberships: memberships.filter((one) => isFinding(one) && one.role !== LOGIN_WITH_TOKEN),
    attributes,
    readers: [...new Set(reads.map(({ role }) => role))],
    members: memberships.filter((one) => !isFinding(one)),
  };
}

/** Of all objects on the list, and everything that anybody but the owner has there. */
export async function readGrants(client: ClientBase): Promise<FoundGrant[]> {
  return (await client.query<FoundGrant>(FOUND_GRANTS, [OBJECTS])).rows;
}

function isReader({ role, object, privilege, canPassOn }: FoundGrant): boolean {
  return privilege === 'select' && LOGINS.includes(object) && role !== 'public' && !ROLES.includes(role) && !canPassOn;
}

function nameOf({ role, object, column, privilege }: Grant): string {
  return [role, object, column ?? '', privilege].join(' ');
}
