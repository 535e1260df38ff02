//! PostgreSQL as a Cluster configures it: values of parameters as PostgreSQL reads them, and what
//! the operator makes of them before.

pub mod operator;
pub mod value;
