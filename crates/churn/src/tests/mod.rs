mod people;
mod reasons;
mod retention;
mod win_back;
