mod carts;
mod funnel;
mod identities;
mod opportunities;
mod orders;
mod people;
