//! What a disk may hold after a power cut while a command is at work, as far as it promises anything:
//! a name is there for good once the folder that it stands in was flushed, what is in a file once
//! the file was. Of what was not flushed any part may be lost and any part be there.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{Hash, Hasher};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::support::random::Random;
use crate::support::watch::{Change, Note};

/// A file, folder or link, whatever its name.
type Id = usize;

/// The folder of it all.
const ROOT: Id = 0;

/// What stands in which folder under which name.
type Names = BTreeMap<(Id, String), Id>;

#[derive(Clone)]
enum Node {
    Folder,
    /// With what was in it before.
    File(Vec<u8>),
    Link(PathBuf),
}

/// What a call does.
enum Effect {
    /// All of these at once. `None` stands for a name that goes.
    Names(Vec<(Id, String, Option<Id>)>),
    Write {
        file: Id,
        offset: usize,
        bytes: Vec<u8>,
    },
    Length {
        file: Id,
        length: usize,
    },
    Sync(Id),
}

/// A folder, and what a command does to it.
pub struct Disk {
    nodes: Vec<Node>,
    before: Names,
    effects: Vec<Effect>,
}

/// A moment and what is lost then.
#[derive(Clone, Debug)]
pub struct Cut {
    /// How many calls are over.
    pub after: usize,
    /// Those that changed names and are lost.
    lost: BTreeSet<usize>,
    data: Data,
    /// The file whose data are meant, where it is not every file's.
    of: Option<Id>,
}

/// What is there of writes that were not flushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Data {
    All,
    /// Neither the bytes nor the length.
    Nothing,
    /// The bytes up to the middle.
    Half,
    /// The length, and zeros.
    Zeros,
    /// That a file was cut off, but nothing of what was written then.
    CutOff,
}

/// What lies in a folder.
pub type Contents = BTreeMap<PathBuf, Content>;

#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Content {
    Folder,
    File(Vec<u8>),
    Link(PathBuf),
}

impl Disk {
    /// The folder as it was before the calls.
    pub fn new(before: &Contents, notes: &[Note]) -> Self {
        let mut disk =
            Self { nodes: vec![Node::Folder], before: Names::new(), effects: Vec::new() };
        let mut names = Names::new();
        for (path, content) in before {
            let node = match content {
                Content::Folder => Node::Folder,
                Content::File(bytes) => Node::File(bytes.clone()),
                Content::Link(target) => Node::Link(target.clone()),
            };
            let (folder, name) = place(&names, path);
            let id = disk.add(node);
            names.insert((folder, name), id);
        }
        disk.before.clone_from(&names);
        for note in notes {
            let Some(effect) = note.change.as_ref().and_then(|c| disk.effect(&names, note, c))
            else {
                continue;
            };
            if let Effect::Names(changes) = &effect {
                apply(&mut names, changes);
            }
            disk.effects.push(effect);
        }
        disk
    }

    fn add(&mut self, node: Node) -> Id {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// What a call does; `None` where it is to a file that has no name any more.
    fn effect(&mut self, names: &Names, note: &Note, change: &Change) -> Option<Effect> {
        let entry = |path: &Path, id: Option<Id>| {
            let (folder, name) = place(names, path);
            (folder, name, id)
        };
        let id = find(names, &note.path);
        let mut new = |node| Some(Effect::Names(vec![entry(&note.path, Some(self.add(node)))]));
        match change {
            Change::Create => new(Node::File(Vec::new())),
            Change::Folder => new(Node::Folder),
            Change::Symlink(target) => new(Node::Link(target.clone())),
            Change::Write { offset, bytes } => {
                Some(Effect::Write { file: id?, offset: *offset, bytes: bytes.clone() })
            }
            Change::Length(length) => Some(Effect::Length { file: id?, length: *length }),
            Change::Sync => Some(Effect::Sync(id?)),
            Change::Remove => Some(Effect::Names(vec![entry(&note.path, None)])),
            Change::Rename(to) => {
                Some(Effect::Names(vec![entry(&note.path, None), entry(to, Some(id?))]))
            }
            Change::Link(to) => Some(Effect::Names(vec![entry(to, Some(id?))])),
        }
    }

    /// How many calls there are.
    pub fn calls(&self) -> usize {
        self.effects.len()
    }

    /// The cut after all calls, with which nothing is lost.
    pub fn end(&self) -> Cut {
        Cut { after: self.calls(), lost: BTreeSet::new(), data: Data::All, of: None }
    }

    /// The cut after all calls, with which everything is lost that can be.
    pub fn worst(&self) -> Cut {
        Cut { lost: self.unsettled(self.calls()).collect(), data: Data::Nothing, ..self.end() }
    }

    /// Cuts at every moment, no two of which leave the same.
    pub fn cuts(&self, random: &mut Random) -> Vec<Cut> {
        let mut seen = BTreeSet::new();
        let mut cuts = Vec::new();
        for after in 0..=self.calls() {
            for cut in self.cuts_after(after, random) {
                let mut hasher = DefaultHasher::new();
                self.contents(&cut).hash(&mut hasher);
                if seen.insert(hasher.finish()) {
                    cuts.push(cut);
                }
            }
        }
        cuts
    }

    fn cuts_after(&self, after: usize, random: &mut Random) -> Vec<Cut> {
        use Data::{All, CutOff, Half, Nothing, Zeros};
        let open: Vec<usize> = self.unsettled(after).collect();
        let mut cuts = Vec::new();
        let mut add = |lost: &[usize], data: &[Data], of| {
            let lost: BTreeSet<usize> = lost.iter().copied().collect();
            cuts.extend(data.iter().map(|data| Cut { after, lost: lost.clone(), data: *data, of }));
        };
        add(&[], &[All, Nothing, Half, Zeros, CutOff], None);
        for file in 0..self.nodes.len() {
            if self.is_written(file, after) {
                add(&[], &[Nothing, Half, Zeros], Some(file));
            }
        }
        for (place, call) in open.iter().enumerate() {
            // From one on, as where names are kept in order; that one; all others.
            add(&open[place..], &[All, Nothing, CutOff], None);
            add(&[*call], &[All, Zeros], None);
            let others: Vec<_> = open.iter().copied().filter(|other| other != call).collect();
            add(&others, &[All, Zeros], None);
        }
        for _ in 0..8 {
            let lost: Vec<_> = open.iter().copied().filter(|_| random.below(2) == 0).collect();
            let data = [All, Nothing, Half, Zeros, CutOff];
            add(&lost, &[data[usize::try_from(random.below(5)).unwrap()]], None);
        }
        cuts
    }

    /// The calls that changed names in folders of which none was flushed since.
    fn unsettled(&self, after: usize) -> impl Iterator<Item = usize> {
        let is_flushed = move |call: usize, folder: Id| {
            let later = &self.effects[call..after];
            later.iter().any(|effect| matches!(effect, Effect::Sync(id) if *id == folder))
        };
        (0..after).filter(move |call| match &self.effects[*call] {
            Effect::Names(changes) => {
                !changes.iter().any(|(folder, ..)| is_flushed(*call, *folder))
            }
            _ => false,
        })
    }

    /// Where a file was flushed last.
    fn flushed(&self, file: Id, after: usize) -> usize {
        let is_flush = |effect: &Effect| matches!(effect, Effect::Sync(id) if *id == file);
        self.effects[..after].iter().rposition(is_flush).unwrap_or(0)
    }

    /// Whether there are writes to a file that were not flushed.
    fn is_written(&self, file: Id, after: usize) -> bool {
        let later = &self.effects[self.flushed(file, after)..after];
        later.iter().any(|effect| matches!(effect, Effect::Write { file: of, .. } if *of == file))
    }

    /// What the disk holds after a cut.
    pub fn contents(&self, cut: &Cut) -> Contents {
        let mut names = self.before.clone();
        for (call, effect) in self.effects[..cut.after].iter().enumerate() {
            if let Effect::Names(changes) = effect
                && !cut.lost.contains(&call)
            {
                apply(&mut names, changes);
            }
        }
        let mut contents = Contents::new();
        self.list(&names, ROOT, Path::new(""), cut, &mut contents);
        contents
    }

    fn list(&self, names: &Names, folder: Id, path: &Path, cut: &Cut, into: &mut Contents) {
        for ((_, name), id) in names.range((folder, String::new())..(folder + 1, String::new())) {
            let path = path.join(name);
            let content = match &self.nodes[*id] {
                Node::Folder => {
                    self.list(names, *id, &path, cut, into);
                    Content::Folder
                }
                Node::File(before) => Content::File(self.bytes(*id, before, cut)),
                Node::Link(target) => Content::Link(target.clone()),
            };
            into.insert(path, content);
        }
    }

    fn bytes(&self, file: Id, before: &[u8], cut: &Cut) -> Vec<u8> {
        let flushed = self.flushed(file, cut.after);
        let data = if cut.of.is_none_or(|of| of == file) { cut.data } else { Data::All };
        let mut content = before.to_vec();
        for (call, effect) in self.effects[..cut.after].iter().enumerate() {
            let is_safe = call < flushed || data == Data::All;
            match effect {
                Effect::Length { file: of, length }
                    if *of == file && (is_safe || data != Data::Nothing) =>
                {
                    content.resize(*length, 0);
                }
                Effect::Write { file: of, offset, bytes } if *of == file => {
                    let kept = match data {
                        _ if is_safe => bytes.len(),
                        Data::Nothing | Data::CutOff => continue,
                        Data::Half => bytes.len() / 2,
                        _ => bytes.len(),
                    };
                    content.resize(content.len().max(offset + kept), 0);
                    if is_safe || data == Data::Half {
                        content[*offset..offset + kept].copy_from_slice(&bytes[..kept]);
                    }
                }
                _ => {}
            }
        }
        content
    }
}

fn apply(names: &mut Names, changes: &[(Id, String, Option<Id>)]) {
    for (folder, name, id) in changes {
        match id {
            Some(id) => names.insert((*folder, name.clone()), *id),
            None => names.remove(&(*folder, name.clone())),
        };
    }
}

fn find(names: &Names, path: &Path) -> Option<Id> {
    path.iter().try_fold(ROOT, |folder, name| {
        names.get(&(folder, name.to_str().unwrap().to_owned())).copied()
    })
}

/// The folder and the name of a path.
fn place(names: &Names, path: &Path) -> (Id, String) {
    let folder = find(names, path.parent().unwrap()).expect("a folder");
    (folder, path.file_name().unwrap().to_str().unwrap().to_owned())
}

/// What lies in a folder.
pub fn contents(folder: &Path) -> Contents {
    fn list(folder: &Path, path: &Path, into: &mut Contents) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let (kind, path) = (entry.file_type().unwrap(), path.join(entry.file_name()));
            let content = if kind.is_dir() {
                list(&entry.path(), &path, into);
                Content::Folder
            } else if kind.is_symlink() {
                Content::Link(fs::read_link(entry.path()).unwrap())
            } else {
                Content::File(fs::read(entry.path()).unwrap())
            };
            into.insert(path, content);
        }
    }
    let mut contents = Contents::new();
    list(folder, Path::new(""), &mut contents);
    contents
}

/// Makes a folder hold these and nothing else.
pub fn lay_out(contents: &Contents, folder: &Path) {
    if folder.exists() {
        fs::remove_dir_all(folder).unwrap();
    }
    fs::create_dir(folder).unwrap();
    for (path, content) in contents {
        let path = folder.join(path);
        match content {
            Content::Folder => fs::create_dir(path).unwrap(),
            Content::File(bytes) => fs::write(path, bytes).unwrap(),
            Content::Link(target) => symlink(target, path).unwrap(),
        }
    }
}
