//! What a shop with every input looks like from outside: read back from its files, and held
//! against what is planted in it.

mod files;
mod planted;
mod rows;
