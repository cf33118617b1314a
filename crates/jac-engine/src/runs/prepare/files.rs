//! The plan's files on the nodes: a copy for each, or its part of the rows of a split file.

use super::Place;
use crate::error::EngineError;
use crate::fan_out::try_for_all;
use crate::plans::check::relative_to_main;
use crate::plans::source::{Given, PlanSource, Workers, csv_shapes};
use crate::runs::supervise::Task;
use crate::runs::{NodePlaces, PLAN};
use crate::tools::RequestedJMeter;
use jac_jmx::{Cancel, Splitter};
use jac_model::{Plan, PlanFileKind, Role, Run};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// The path of the run's plan files on this machine.
pub(super) fn source(task: &Task, run: &Run, plan: &Plan) -> PathBuf {
    let folder = task.engine.folder();
    if run.files.is_empty() { folder.plan(&plan.id) } else { folder.run(&run.id).join(PLAN) }
}

pub(super) async fn copy_files(task: &Task, run: &Run, plan: &Plan, places: &[Place]) -> Result<(), EngineError> {
    let source = source(task, run, plan);
    let parts = split_files(task, run, plan, &source).await?;
    let node_places = NodePlaces::of(&run.id);
    let workers = places.iter().filter(|place| place.role == Role::Worker).map(|place| place.name.as_str());
    let numbers: HashMap<&str, usize> = workers.enumerate().map(|(number, name)| (name, number)).collect();
    try_for_all(places.iter().map(|place| {
        let (source, parts, node_places, numbers) = (&source, &parts, &node_places, &numbers);
        async move {
            for file in &plan.files {
                let to = match file.kind {
                    PlanFileKind::Plugin => {
                        format!("{}/{}", node_places.plugins(), file.path.rsplit('/').next().unwrap_or(&file.path))
                    }
                    PlanFileKind::Plan | PlanFileKind::Data | PlanFileKind::Properties => {
                        format!("{}/{}", node_places.plan(), file.path)
                    }
                };
                let part = numbers.get(place.name.as_str()).and_then(|number| parts.get(&file.path)?.get(*number));
                match part {
                    Some(part) => place.remote.put(part, &to).await?,
                    None => place.remote.put_on_all(&source.join(&file.path), &to).await?,
                }
            }
            Ok::<(), EngineError>(())
        }
    }))
    .await?;
    // The parts are on the workers now.
    crate::plans::remove_folder(&parts_folder(task, run));
    Ok(())
}

fn parts_folder(task: &Task, run: &Run) -> PathBuf {
    task.engine.folder().run(&run.id).join("parts")
}

/// Splits files across the workers by rows. By the file's path: one part per worker.
async fn split_files(
    task: &Task,
    run: &Run,
    plan: &Plan,
    source: &Path,
) -> Result<HashMap<String, Vec<PathBuf>>, EngineError> {
    if run.split.is_empty() || run.workers == 0 {
        return Ok(HashMap::new());
    }
    let (folder, workers, run, source) =
        (parts_folder(task, run), run.workers as usize, run.clone(), source.to_owned());
    let home = task.engine.toolbox().home(&RequestedJMeter::of(&task.cluster(&run).await?.config))?;
    let files: HashMap<String, PathBuf> = plan
        .files
        .iter()
        .map(|file| (relative_to_main(&plan.main_file, &file.path), source.join(&file.path)))
        .collect();
    let main_file = plan.main_file.clone();
    let to_split: Vec<(usize, String, String, PathBuf)> = plan
        .files
        .iter()
        .enumerate()
        .filter_map(|(number, file)| {
            let name = relative_to_main(&plan.main_file, &file.path);
            run.split.contains(&name).then(|| (number, file.path.clone(), name, source.join(&file.path)))
        })
        .collect();
    let work = tokio::task::spawn_blocking(move || {
        let failed = |what: &str, error| EngineError::file(format!("splitting {what}"), error);
        let properties_files: Vec<PathBuf> = run.properties_files.iter().map(|file| source.join(file)).collect();
        let read = PlanSource::read(Given {
            name: &main_file,
            main: &source.join(&main_file),
            find: &|path| files.get(path).cloned(),
            properties_files: &properties_files,
            properties: &run.properties,
            system_properties: &run.system_properties,
            home: home.as_ref(),
            cancel: Cancel::NEVER,
        })?;
        let workers_of_run = Workers { count: run.workers, share: &run.share };
        let shapes = csv_shapes(&read.data_files_of(workers_of_run, Cancel::NEVER));
        let mut parts = HashMap::new();
        for (number, path, name, from) in to_split {
            let shape = shapes.get(&name).copied().unwrap_or_default();
            let files: Vec<PathBuf> = (0..workers).map(|worker| folder.join(format!("{number}-{worker}"))).collect();
            split_one(&from, &files, shape).map_err(|error| failed(&path, error))?;
            parts.insert(path, files);
        }
        Ok(parts)
    });
    work.await.map_err(|panic| EngineError::JMeter(panic.to_string()))?
}

fn split_one(from: &Path, to: &[PathBuf], shape: jac_jmx::CsvShape) -> std::io::Result<()> {
    if let Some(folder) = to.first().and_then(|file| file.parent()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut files = to
        .iter()
        .map(|path| std::fs::File::create(path).map(std::io::BufWriter::new))
        .collect::<std::io::Result<Vec<_>>>()?;
    let mut sink = |part: usize, bytes: &[u8]| files[part].write_all(bytes);
    let mut splitter = Splitter::new(to.len(), shape);
    let mut from = std::fs::File::open(from)?;
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match from.read(&mut buffer)? {
            0 => break,
            length => splitter.push(&buffer[..length], &mut sink)?,
        }
    }
    splitter.finish(&mut sink)?;
    files.iter_mut().try_for_each(Write::flush)
}
